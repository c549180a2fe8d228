-- SPDX-License-Identifier: CC0-1.0
--
-- The shop that the examples are about: products, users, their sessions and orders.
-- Everything is counted out rather than drawn by lot, so that each build makes the same
-- shop and the examples can say beforehand what they will print.

BEGIN;

DROP TABLE IF EXISTS orders;
DROP TABLE IF EXISTS sessions;
DROP TABLE IF EXISTS users;
DROP TABLE IF EXISTS products;

CREATE TABLE products (
  id          INTEGER PRIMARY KEY,
  name        TEXT    NOT NULL UNIQUE,
  category    TEXT    NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  stock       INTEGER NOT NULL CHECK (stock >= 0)
);

CREATE TABLE users (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  email  TEXT NOT NULL UNIQUE,
  city   TEXT NOT NULL,
  joined TEXT NOT NULL
);

CREATE TABLE sessions (
  token   TEXT    PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id),
  started TEXT    NOT NULL,
  expires TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE orders (
  id         INTEGER PRIMARY KEY,
  user_id    INTEGER NOT NULL REFERENCES users (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  quantity   INTEGER NOT NULL CHECK (quantity > 0),
  placed     TEXT    NOT NULL
);

-- Words to make names of; temporary tables end with the connection.

CREATE TEMP TABLE manner (n INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO manner (n, word) VALUES
  (0, 'Classic'),   (1, 'Compact'),  (2, 'Folding'),  (3, 'Large'),     (4, 'Light'),
  (5, 'Modern'),    (6, 'Rustic'),   (7, 'Simple'),   (8, 'Slim'),      (9, 'Small'),
  (10, 'Stackable'), (11, 'Sturdy'), (12, 'Tall'),    (13, 'Travel'),   (14, 'Wide');

CREATE TEMP TABLE material (n INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO material (n, word) VALUES
  (0, 'Ash'),     (1, 'Bamboo'), (2, 'Beech'),  (3, 'Brass'),     (4, 'Copper'),
  (5, 'Cork'),    (6, 'Glass'),  (7, 'Oak'),    (8, 'Porcelain'), (9, 'Steel');

CREATE TEMP TABLE thing (n INTEGER PRIMARY KEY, word TEXT NOT NULL, category TEXT NOT NULL, base_cents INTEGER NOT NULL);
INSERT INTO thing (n, word, category, base_cents) VALUES
  (0, 'Armchair',  'furniture', 18900), (1, 'Bookshelf', 'furniture', 12900), (2, 'Bench',  'furniture', 14900),
  (3, 'Desk',      'furniture', 24900), (4, 'Stool',     'furniture',  4900), (5, 'Bowl',   'kitchen',    1490),
  (6, 'Bread Box', 'kitchen',    3490), (7, 'Jug',       'kitchen',    1990), (8, 'Mill',   'kitchen',    2790),
  (9, 'Tray',      'kitchen',    1790), (10, 'Ceiling Lamp', 'lighting', 8900), (11, 'Desk Lamp', 'lighting', 5900),
  (12, 'Lantern',  'lighting',   3900), (13, 'Lamp Stand', 'lighting',  6900), (14, 'Reading Light', 'lighting', 4500),
  (15, 'Bird Bath', 'garden',    5500), (16, 'Planter',  'garden',     2990), (17, 'Trellis', 'garden',    3290),
  (18, 'Watering Can', 'garden', 2490), (19, 'Wind Chime', 'garden',   1890);

CREATE TEMP TABLE first_name (n INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO first_name (n, word) VALUES
  (0, 'Ada'),    (1, 'Amira'),   (2, 'Anton'),   (3, 'Beatriz'), (4, 'Bruno'),   (5, 'Carmen'),  (6, 'Chen'),    (7, 'Clara'),
  (8, 'Dagmar'), (9, 'David'),   (10, 'Elif'),   (11, 'Emil'),   (12, 'Esther'), (13, 'Farid'),  (14, 'Fiona'),  (15, 'Goran'),
  (16, 'Grace'), (17, 'Hana'),   (18, 'Henrik'), (19, 'Ines'),   (20, 'Ivan'),   (21, 'Jonas'),  (22, 'Julia'),  (23, 'Kofi'),
  (24, 'Lena'),  (25, 'Luca'),   (26, 'Malik'),  (27, 'Marta'),  (28, 'Mei'),    (29, 'Nadia'),  (30, 'Noah'),   (31, 'Olga'),
  (32, 'Paulo'), (33, 'Priya'),  (34, 'Rosa'),   (35, 'Samuel'), (36, 'Sofia'),  (37, 'Tomas'),  (38, 'Vera'),   (39, 'Yusuf');

CREATE TEMP TABLE last_name (n INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO last_name (n, word) VALUES
  (0, 'Almeida'),   (1, 'Andersen'), (2, 'Bakker'),   (3, 'Banda'),     (4, 'Becker'),   (5, 'Bianchi'),  (6, 'Brandt'),
  (7, 'Castillo'),  (8, 'Costa'),    (9, 'Demir'),    (10, 'Dubois'),   (11, 'Eriksen'), (12, 'Farkas'),  (13, 'Ferrari'),
  (14, 'Fischer'),  (15, 'Garcia'),  (16, 'Haas'),    (17, 'Haddad'),   (18, 'Hansen'),  (19, 'Hoffmann'), (20, 'Ito'),
  (21, 'Ivanova'),  (22, 'Jansen'),  (23, 'Kaya'),    (24, 'Keller'),   (25, 'Khan'),    (26, 'Kowalski'), (27, 'Larsen'),
  (28, 'Leroy'),    (29, 'Lindgren'), (30, 'Marino'), (31, 'Mensah'),   (32, 'Meyer'),   (33, 'Moreau'),  (34, 'Mori'),
  (35, 'Nagy'),     (36, 'Novak'),   (37, 'Nowak'),   (38, 'Okafor'),   (39, 'Olsen'),   (40, 'Patel'),   (41, 'Pereira'),
  (42, 'Petrov'),   (43, 'Rossi'),   (44, 'Sato'),    (45, 'Schmidt'),  (46, 'Silva'),   (47, 'Tanaka'),  (48, 'Weber'),
  (49, 'Wong');

CREATE TEMP TABLE town (n INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO town (n, word) VALUES
  (0, 'Accra'),   (1, 'Bergen'),  (2, 'Bologna'), (3, 'Brno'),  (4, 'Ghent'),  (5, 'Graz'),   (6, 'Izmir'),
  (7, 'Kyoto'),   (8, 'Leipzig'), (9, 'Lyon'),    (10, 'Porto'), (11, 'Turku'), (12, 'Valencia');

-- 3000 products: every manner, material and thing once.  1061 and 3000 have no common factor,
-- so `pick` goes through all of them in an order that looks mixed.
INSERT INTO products (id, name, category, price_cents, stock)
WITH RECURSIVE counted (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i < 2999),
               picked (i, pick) AS (SELECT i, i * 1061 % 3000 FROM counted)
SELECT i + 1,
       manner.word || ' ' || material.word || ' ' || thing.word,
       thing.category,
       thing.base_cents + 100 * manner.n + 250 * material.n,
       i * 37 % 120
  FROM picked
  JOIN thing    ON thing.n    = pick % 20
  JOIN material ON material.n = pick / 20 % 10
  JOIN manner   ON manner.n   = pick / 200;

-- 2000 users: every pair of a first and a last name once.
INSERT INTO users (id, name, email, city, joined)
WITH RECURSIVE counted (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i < 1999)
SELECT i + 1,
       first_name.word || ' ' || last_name.word,
       lower (first_name.word || '.' || last_name.word) || '@example.org',
       town.word,
       date ('2019-03-01', '+' || (i * 17 % 1800) || ' days')
  FROM counted
  JOIN first_name ON first_name.n = i % 40
  JOIN last_name  ON last_name.n  = (i + i / 40) % 50
  JOIN town       ON town.n       = (i * 5 + i / 13) % 13;

-- 2500 sessions, so that some users have two.
INSERT INTO sessions (token, user_id, started, expires)
WITH RECURSIVE counted (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i < 2499)
SELECT printf ('%08x%08x', (i + 1) * 2654435761 % 4294967296, (i + 1) * 2246822519 % 4294967296),
       i % 2000 + 1,
       datetime ('2024-06-01 08:00:00', '+' || (i * 7) || ' minutes'),
       datetime ('2024-06-01 08:00:00', '+' || (i * 7 + 60) || ' minutes')
  FROM counted;

-- 20000 orders: ten a user on average, some products far more popular than others.
INSERT INTO orders (id, user_id, product_id, quantity, placed)
WITH RECURSIVE counted (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i < 19999)
SELECT i + 1,
       (i * 7919 + i % 7 * (i / 100)) % 2000 + 1,
       (i % 173) * (i % 61) % 3000 + 1,
       i % 3 + 1,
       datetime ('2023-01-01 09:00:00', '+' || (i * 41) || ' minutes')
  FROM counted;

CREATE INDEX orders_of_user ON orders (user_id);

COMMIT;

ANALYZE;
