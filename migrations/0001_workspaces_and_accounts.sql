-- One text for SQLite and PostgreSQL. Ids are UUID v7 as text, times are microseconds since 1970 UTC,
-- `*_key` columns hold the case-folded form that is compared and indexed. What an identity provider sorts by has the
-- collation "binary", SQLite's own, which is made on PostgreSQL before this: lists are in the order of code points on
-- either, whatever language the database speaks.

CREATE TABLE workspaces (
    id          TEXT PRIMARY KEY NOT NULL,
    slug        TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- Most people who are active or invited; no limit when it is null.
    seat_limit  BIGINT,
    -- Memberships that take a seat. Counted only where there is a limit.
    seats_active    BIGINT CHECK (seats_active >= 0),
    seats_invited   BIGINT CHECK (seats_invited >= 0),
    -- When its admins were told that no seat is free; null again once one is.
    seats_told_at   BIGINT,
    -- The language of mails (BCP 47), such as en, to people of whom no other is known.
    language    TEXT NOT NULL,
    -- Whether people are mailed when their access is suspended.
    tells_suspended BOOLEAN NOT NULL DEFAULT FALSE,
    created_at  BIGINT NOT NULL,
    CHECK ((seat_limit IS NULL) = (seats_active IS NULL) AND (seat_limit IS NULL) = (seats_invited IS NULL))
);
CREATE UNIQUE INDEX workspaces_slug ON workspaces (slug);

CREATE TABLE accounts (
    id                 TEXT PRIMARY KEY NOT NULL,
    email              TEXT NOT NULL,
    email_key          TEXT NOT NULL,
    name               TEXT NOT NULL,
    password_hash      TEXT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_email ON accounts (email_key);

-- One-time links: claiming the instance (no account yet), setting a password, changing the address.
CREATE TABLE account_links (
    token_hash  TEXT PRIMARY KEY NOT NULL,
    purpose     TEXT NOT NULL,
    account_id  TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    -- The address that the account gets, when the link changes it.
    email       TEXT,
    -- The mail in which it stands. Each attempt to send one makes a link, and any of them may be the one that arrived.
    mail_id     TEXT,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT
);
CREATE INDEX account_links_account ON account_links (account_id);

-- Another address that an account asked for: a link to it works only as long as it is wanted.
CREATE TABLE wanted_addresses (
    account_id  TEXT PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    email       TEXT NOT NULL,
    -- When its link was asked for last; the generation of the mail.
    asked_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
    id          TEXT PRIMARY KEY NOT NULL,
    account_id  TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    data        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Facts about this installation as a whole.
CREATE TABLE instance (
    name   TEXT PRIMARY KEY NOT NULL,
    value  TEXT NOT NULL
);
