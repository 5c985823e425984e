-- A small hospital: patients, appointments, diagnoses and bills, with the constraints that keep them honest.
\pset null '(none)'
CREATE TABLE patient (
    patient_id  INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        TEXT NOT NULL,
    born        DATE NOT NULL CHECK (born > DATE '1900-01-01'),
    insurance   VARCHAR(12) NOT NULL UNIQUE,
    phone       TEXT NOT NULL,
    ward        TEXT NOT NULL
);
CREATE TABLE appointment (
    appointment_id INTEGER PRIMARY KEY,
    patient_id     INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
    at             TIMESTAMP NOT NULL,
    doctor         TEXT NOT NULL,
    minutes        SMALLINT NOT NULL DEFAULT 20 CHECK (minutes BETWEEN 5 AND 480)
);
CREATE TABLE diagnosis (
    diagnosis_id INTEGER PRIMARY KEY,
    patient_id   INTEGER NOT NULL REFERENCES patient ON DELETE CASCADE,
    code         CHAR(5) NOT NULL,
    found_on     DATE NOT NULL,
    UNIQUE (patient_id, code)
);
CREATE TABLE bill (
    bill_id        INTEGER PRIMARY KEY,
    appointment_id INTEGER NOT NULL REFERENCES appointment ON DELETE CASCADE,
    amount         NUMERIC(10,2) NOT NULL CHECK (amount >= 0),
    paid           BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX appointment_patient ON appointment (patient_id);
CREATE INDEX bill_appointment ON bill (appointment_id);
CREATE INDEX patient_phone ON patient USING hash (phone);

-- A few thousand rows.
INSERT INTO patient (name, born, insurance, phone, ward)
SELECT f.first || ' ' || l.last, DATE '1930-01-01' + (n * 37 % 30000), 'K' || lpad(n::text, 7, '0'), '555-' || lpad((n * 7919 % 10000)::text, 4, '0'),
       CASE n % 5 WHEN 0 THEN 'surgery' WHEN 1 THEN 'cardiology' WHEN 2 THEN 'oncology' WHEN 3 THEN 'maternity' ELSE 'general' END
FROM generate_series(1, 1500) AS n
JOIN (VALUES (0, 'Ada'), (1, 'Grace'), (2, 'Edgar'), (3, 'Barbara'), (4, 'Jim'), (5, 'Pat'), (6, 'Michael')) AS f(i, first) ON f.i = n % 7
JOIN (VALUES (0, 'Lovelace'), (1, 'Hopper'), (2, 'Codd'), (3, 'Liskov'), (4, 'Gray'), (5, 'Selinger'), (6, 'Stonebraker'), (7, 'Bayer'), (8, 'Lamport'), (9, 'Mohan'), (10, 'Kung')) AS l(i, last) ON l.i = n % 11
ORDER BY n;
INSERT INTO appointment
SELECT n, 1 + (n * 7) % 1500, TIMESTAMP '2026-01-05 08:00' + (n % 250) * INTERVAL '1 day' + (n % 16) * INTERVAL '30 minutes',
       CASE n % 4 WHEN 0 THEN 'Dr. Weiss' WHEN 1 THEN 'Dr. Okafor' WHEN 2 THEN 'Dr. Lindqvist' ELSE 'Dr. Banerjee' END, 10 + (n % 6) * 10
FROM generate_series(1, 4000) AS n;
INSERT INTO diagnosis
SELECT n, 1 + (n * 11) % 1500, (CASE n % 6 WHEN 0 THEN 'I10' WHEN 1 THEN 'E11' WHEN 2 THEN 'J45' WHEN 3 THEN 'M54' WHEN 4 THEN 'F32' ELSE 'K21' END), DATE '2026-01-01' + n % 300
FROM generate_series(1, 1200) AS n
ON CONFLICT (patient_id, code) DO NOTHING;
INSERT INTO bill
SELECT n, n, round((30 + n % 170)::numeric * 1.19, 2), n % 3 = 0 FROM generate_series(1, 4000) AS n;
ANALYZE;

-- Questions that people would ask.
SELECT ward, count(*) AS patients, min(born) AS eldest FROM patient GROUP BY ward ORDER BY ward;
SELECT doctor, count(*) AS appointments, sum(minutes) / 60 AS hours FROM appointment GROUP BY doctor ORDER BY hours DESC, doctor;
SELECT p.name, sum(b.amount) AS owed
FROM patient p JOIN appointment a USING (patient_id) JOIN bill b USING (appointment_id)
WHERE NOT b.paid GROUP BY p.patient_id, p.name ORDER BY owed DESC, p.name LIMIT 5;
SELECT code, count(*) AS cases, count(*) FILTER (WHERE p.ward = 'cardiology') AS in_cardiology
FROM diagnosis d JOIN patient p ON p.patient_id = d.patient_id GROUP BY code ORDER BY cases DESC, code;
SELECT to_char(at, 'YYYY-MM') AS month, count(*) FROM appointment GROUP BY 1 ORDER BY 1 LIMIT 4;
SELECT name, born FROM patient p
WHERE NOT EXISTS (SELECT 1 FROM diagnosis d WHERE d.patient_id = p.patient_id) ORDER BY born, name LIMIT 3;

-- Deleting a patient takes appointments, diagnoses and bills along.
SELECT count(*) AS appointments, (SELECT count(*) FROM diagnosis WHERE patient_id = 42) AS diagnoses FROM appointment WHERE patient_id = 42;
SELECT count(*) AS bills FROM bill;
DELETE FROM patient WHERE patient_id = 42;
SELECT count(*) AS appointments, (SELECT count(*) FROM diagnosis WHERE patient_id = 42) AS diagnoses FROM appointment WHERE patient_id = 42;
SELECT count(*) AS bills FROM bill;

-- What must not be is refused, with the reason.
INSERT INTO appointment VALUES (9001, 42, '2026-03-01 09:00', 'Dr. Weiss', 20);
INSERT INTO bill VALUES (9001, 1, -5.00);
INSERT INTO patient (name, born, insurance, phone, ward) VALUES ('Nobody', '2001-02-03', 'K0000001', '555-0000', 'general');

-- A transaction that is rolled back leaves nothing.
BEGIN;
UPDATE bill SET paid = true WHERE NOT paid;
SELECT count(*) AS unpaid FROM bill WHERE NOT paid;
ROLLBACK;
SELECT count(*) AS unpaid FROM bill WHERE NOT paid;

-- A sequential, a B-tree and a hash scan, each chosen by its cost.
EXPLAIN (COSTS OFF) SELECT * FROM appointment WHERE minutes > 15;
EXPLAIN (COSTS OFF) SELECT * FROM appointment WHERE appointment_id = 1234;
EXPLAIN (COSTS OFF) SELECT * FROM patient WHERE phone = '555-5919';
