// types/sqlstate.h: the error codes Rowan raises, under PostgreSQL's condition names
// (PostgreSQL 15 documentation, appendix A). Add a line when a new condition is raised.
#pragma once

#include <string_view>

namespace rowan {

// Five characters; the first two are the class.
struct SqlState {
  char code[6];
  constexpr std::string_view text() const { return {code, 5}; }
  constexpr bool operator==(const SqlState& other) const { return text() == other.text(); }
};

namespace sqlstate {
inline constexpr SqlState successful_completion{"00000"};
inline constexpr SqlState warning{"01000"};
inline constexpr SqlState connection_does_not_exist{"08003"};
inline constexpr SqlState feature_not_supported{"0A000"};
inline constexpr SqlState cardinality_violation{"21000"};
inline constexpr SqlState string_data_right_truncation{"22001"};
inline constexpr SqlState numeric_value_out_of_range{"22003"};
inline constexpr SqlState null_value_not_allowed{"22004"};
inline constexpr SqlState invalid_datetime_format{"22007"};
inline constexpr SqlState datetime_field_overflow{"22008"};
inline constexpr SqlState invalid_time_zone_displacement_value{"22009"};
inline constexpr SqlState invalid_argument_for_ntile_function{"22014"};
inline constexpr SqlState invalid_argument_for_nth_value_function{"22016"};
inline constexpr SqlState substring_error{"22011"};
inline constexpr SqlState division_by_zero{"22012"};
inline constexpr SqlState invalid_preceding_or_following_size{"22013"};
inline constexpr SqlState invalid_argument_for_logarithm{"2201E"};
inline constexpr SqlState invalid_argument_for_power_function{"2201F"};
inline constexpr SqlState invalid_argument_for_width_bucket_function{"2201G"};
inline constexpr SqlState invalid_row_count_in_limit_clause{"2201W"};
inline constexpr SqlState invalid_row_count_in_result_offset_clause{"2201X"};
inline constexpr SqlState character_not_in_repertoire{"22021"};
inline constexpr SqlState invalid_parameter_value{"22023"};
inline constexpr SqlState invalid_escape_sequence{"22025"};
inline constexpr SqlState interval_field_overflow{"22015"};
inline constexpr SqlState array_subscript_error{"2202E"};
inline constexpr SqlState invalid_escape_character{"22019"};
inline constexpr SqlState invalid_regular_expression{"2201B"};
inline constexpr SqlState invalid_text_representation{"22P02"};
inline constexpr SqlState invalid_binary_representation{"22P03"};
inline constexpr SqlState bad_copy_file_format{"22P04"};
inline constexpr SqlState untranslatable_character{"22P05"};
inline constexpr SqlState integrity_constraint_violation{"23000"};
inline constexpr SqlState not_null_violation{"23502"};
inline constexpr SqlState foreign_key_violation{"23503"};
inline constexpr SqlState unique_violation{"23505"};
inline constexpr SqlState check_violation{"23514"};
inline constexpr SqlState invalid_cursor_state{"24000"};
inline constexpr SqlState active_sql_transaction{"25001"};
inline constexpr SqlState read_only_sql_transaction{"25006"};
inline constexpr SqlState no_active_sql_transaction{"25P01"};
inline constexpr SqlState in_failed_sql_transaction{"25P02"};
inline constexpr SqlState idle_in_transaction_session_timeout{"25P03"};
inline constexpr SqlState invalid_sql_statement_name{"26000"};
inline constexpr SqlState dependent_objects_still_exist{"2BP01"};
inline constexpr SqlState external_routine_exception{"38000"};
inline constexpr SqlState invalid_savepoint_specification{"3B001"};
inline constexpr SqlState invalid_schema_name{"3F000"};
inline constexpr SqlState serialization_failure{"40001"};
inline constexpr SqlState deadlock_detected{"40P01"};
inline constexpr SqlState syntax_error_or_access_rule_violation{"42000"};
inline constexpr SqlState insufficient_privilege{"42501"};
inline constexpr SqlState syntax_error{"42601"};
inline constexpr SqlState invalid_name{"42602"};
inline constexpr SqlState invalid_column_definition{"42611"};
inline constexpr SqlState name_too_long{"42622"};
inline constexpr SqlState duplicate_column{"42701"};
inline constexpr SqlState ambiguous_column{"42702"};
inline constexpr SqlState undefined_column{"42703"};
inline constexpr SqlState undefined_object{"42704"};
inline constexpr SqlState duplicate_object{"42710"};
inline constexpr SqlState duplicate_alias{"42712"};
inline constexpr SqlState duplicate_function{"42723"};
inline constexpr SqlState ambiguous_function{"42725"};
inline constexpr SqlState grouping_error{"42803"};
inline constexpr SqlState datatype_mismatch{"42804"};
inline constexpr SqlState wrong_object_type{"42809"};
inline constexpr SqlState invalid_foreign_key{"42830"};
inline constexpr SqlState cannot_coerce{"42846"};
inline constexpr SqlState undefined_function{"42883"};
inline constexpr SqlState generated_always{"428C9"};
inline constexpr SqlState reserved_name{"42939"};
inline constexpr SqlState undefined_table{"42P01"};
inline constexpr SqlState undefined_parameter{"42P02"};
inline constexpr SqlState duplicate_cursor{"42P03"};
inline constexpr SqlState duplicate_database{"42P04"};
inline constexpr SqlState duplicate_prepared_statement{"42P05"};
inline constexpr SqlState duplicate_schema{"42P06"};
inline constexpr SqlState duplicate_table{"42P07"};
inline constexpr SqlState ambiguous_parameter{"42P08"};
inline constexpr SqlState ambiguous_alias{"42P09"};
inline constexpr SqlState invalid_column_reference{"42P10"};
inline constexpr SqlState invalid_cursor_definition{"42P11"};
inline constexpr SqlState invalid_function_definition{"42P13"};
inline constexpr SqlState invalid_table_definition{"42P16"};
inline constexpr SqlState invalid_object_definition{"42P17"};
inline constexpr SqlState indeterminate_datatype{"42P18"};
inline constexpr SqlState invalid_recursion{"42P19"};
inline constexpr SqlState windowing_error{"42P20"};
inline constexpr SqlState collation_mismatch{"42P21"};
inline constexpr SqlState with_check_option_violation{"44000"};
inline constexpr SqlState insufficient_resources{"53000"};
inline constexpr SqlState disk_full{"53100"};
inline constexpr SqlState out_of_memory{"53200"};
inline constexpr SqlState too_many_connections{"53300"};
inline constexpr SqlState configuration_limit_exceeded{"53400"};
inline constexpr SqlState program_limit_exceeded{"54000"};
inline constexpr SqlState statement_too_complex{"54001"};
inline constexpr SqlState too_many_columns{"54011"};
inline constexpr SqlState too_many_arguments{"54023"};
inline constexpr SqlState object_not_in_prerequisite_state{"55000"};
inline constexpr SqlState object_in_use{"55006"};
inline constexpr SqlState lock_not_available{"55P03"};
inline constexpr SqlState query_canceled{"57014"};
inline constexpr SqlState admin_shutdown{"57P01"};
inline constexpr SqlState cannot_connect_now{"57P03"};
inline constexpr SqlState system_error{"58000"};
inline constexpr SqlState io_error{"58030"};
inline constexpr SqlState undefined_file{"58P01"};
inline constexpr SqlState duplicate_file{"58P02"};
inline constexpr SqlState internal_error{"XX000"};
inline constexpr SqlState data_corrupted{"XX001"};
inline constexpr SqlState index_corrupted{"XX002"};
}  // namespace sqlstate

}  // namespace rowan
