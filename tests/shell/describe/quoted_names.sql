CREATE TABLE "Odd Name" ("First Column" integer PRIMARY KEY, "select" text DEFAULT 'it''s');
CREATE INDEX "Odd Index" ON "Odd Name" ("select");
\d "Odd Name"
\d "Odd Index"
\d "Odd*"
\d odd
