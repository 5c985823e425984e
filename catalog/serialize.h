// catalog/serialize.h: catalog objects as bytes (CBOR of a JSON document), the form in which the catalog's
// own table keeps them. Unknown fields are passed over and missing ones take their default, so that an older
// and a newer version of Rowan read each other's within one format version.
#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace rowan::catalog {

// What a row of the catalog's table says it holds.
enum class ObjectKind : uint8_t { Table = 1, Index = 2, Sequence = 3, View = 4, Statistics = 5 };

struct StoredObject {
  Oid oid;  // of the object; statistics: of the table
  ObjectKind kind;
  std::string bytes;
};

StoredObject serialize(const Put& put);

// The object again. Errors: XX001 when the bytes are none that serialize() wrote.
Result<Put> deserialize(ObjectKind kind, std::string_view bytes);

}  // namespace rowan::catalog
