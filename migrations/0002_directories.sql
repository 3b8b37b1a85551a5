-- The mirror: what the identity provider told us. Nothing here grants anything.

CREATE TABLE directories (
    id            TEXT PRIMARY KEY NOT NULL,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    provider      TEXT NOT NULL,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL,
    default_role  TEXT NOT NULL,
    invitation_mode TEXT NOT NULL,
    -- Words separated by commas: e-mail domains (none: any), and where the address is looked for, in this order.
    allowed_domains TEXT NOT NULL,
    email_sources TEXT NOT NULL,
    when_full     TEXT NOT NULL,
    strict        BOOLEAN NOT NULL,
    -- Counts the changes of its extensions: 0 while it never had one.
    extensions_version BIGINT NOT NULL DEFAULT 0,
    -- Held people are looked at again from this id on, after a change that may let them in; null when nobody is.
    recheck_from  TEXT,
    -- The form that made it: a second submit of the same form finds the same directory.
    creation_key  TEXT,
    created_by    TEXT,
    created_at    BIGINT NOT NULL,
    removed_at    BIGINT
);
CREATE UNIQUE INDEX directories_name ON directories (workspace_id, name_key) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX directories_creation ON directories (workspace_id, creation_key);

CREATE TABLE directory_tokens (
    id            TEXT PRIMARY KEY NOT NULL,
    directory_id  TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    token_hash    TEXT NOT NULL,
    hint          TEXT NOT NULL,
    created_by    TEXT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT,
    revoked_at    BIGINT,
    first_used_at BIGINT,
    last_used_at  BIGINT
);
CREATE UNIQUE INDEX directory_tokens_hash ON directory_tokens (token_hash);
CREATE INDEX directory_tokens_directory ON directory_tokens (directory_id);
CREATE INDEX directory_tokens_expiry ON directory_tokens (expires_at) WHERE revoked_at IS NULL;

-- What the people or groups of a directory have besides the attributes of the RFCs.
CREATE TABLE directory_extensions (
    directory_id  TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    -- The URN of the schema, case-folded.
    urn_key       TEXT NOT NULL,
    -- User or Group.
    resource_type TEXT NOT NULL,
    required      BOOLEAN NOT NULL,
    -- In the JSON form of RFC 7643 section 7.
    schema_json   TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (directory_id, urn_key)
);

-- Directories that fail and whose owners were told.
CREATE TABLE directory_troubles (
    directory_id  TEXT PRIMARY KEY NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    told_at       BIGINT NOT NULL
);

-- How many people a directory took access from in a short time, for the alert about many.
CREATE TABLE suspension_windows (
    directory_id  TEXT PRIMARY KEY NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    started_at    BIGINT NOT NULL,
    suspended     BIGINT NOT NULL,
    -- Counted once so many lost access that it matters.
    members       BIGINT
);

-- The journal: what identity providers asked for and what they were answered. The id is the one that the events of the
-- request carry; `reference` stands for it in the answers.
CREATE TABLE scim_requests (
    id             TEXT PRIMARY KEY NOT NULL,
    directory_id   TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    reference      TEXT NOT NULL,
    at             BIGINT NOT NULL,
    -- read, change, error or rejected
    kind           TEXT NOT NULL,
    method         TEXT NOT NULL,
    -- Path and query behind the directory's base URL.
    target         TEXT NOT NULL,
    status         BIGINT NOT NULL,
    scim_type      TEXT,
    detail         TEXT,
    -- Microseconds.
    duration       BIGINT NOT NULL,
    address        TEXT NOT NULL,
    user_agent     TEXT,
    token_hint     TEXT,
    -- Without secrets, and no more than the first 64 KiB.
    request_body   TEXT,
    response_body  TEXT,
    -- Names of scim::Deviation, with a space between them.
    deviations     TEXT NOT NULL,
    summary        TEXT NOT NULL,
    search_key     TEXT NOT NULL
);
CREATE INDEX scim_requests_page ON scim_requests (directory_id, id);
CREATE INDEX scim_requests_kind ON scim_requests (directory_id, kind, id);
CREATE INDEX scim_requests_reference ON scim_requests (directory_id, reference);
CREATE INDEX scim_requests_age ON scim_requests (at);

-- Which deviations from the RFCs were tolerated; the request is the latest example in the journal.
CREATE TABLE directory_deviations (
    directory_id  TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    deviation     TEXT NOT NULL,
    seen          BIGINT NOT NULL,
    first_at      BIGINT NOT NULL,
    last_at       BIGINT NOT NULL,
    request_id    TEXT,
    PRIMARY KEY (directory_id, deviation)
);

CREATE TABLE directory_users (
    id             TEXT PRIMARY KEY NOT NULL,
    directory_id   TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    user_name      TEXT NOT NULL,
    user_name_key  TEXT COLLATE "binary" NOT NULL,
    external_id    TEXT COLLATE "binary",
    active         BOOLEAN NOT NULL,
    display_name   TEXT,
    -- The attribute displayName itself, case-folded; display_name may stand in for it.
    display_name_key TEXT COLLATE "binary",
    -- What lists are sorted by where there may be no value: never null, and no value comes last.
    display_name_order TEXT COLLATE "binary" NOT NULL
        GENERATED ALWAYS AS (COALESCE('=' || display_name_key, '~')) STORED,
    external_id_order  TEXT COLLATE "binary" NOT NULL
        GENERATED ALWAYS AS (COALESCE('=' || external_id, '~')) STORED,
    email          TEXT,
    email_key      TEXT,
    -- The whole SCIM resource as received, without what the server adds.
    document       TEXT NOT NULL,
    version        BIGINT NOT NULL,
    membership_id  TEXT,
    held_reason    TEXT,
    held_since     BIGINT,
    -- When an admin let the person in, past mode and domains.
    approved_at    BIGINT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    -- Since updated_at. A flag that is never null: without statistics PostgreSQL takes IS NULL for rare, and would choose
    -- any index over the one that finds the person.
    deleted        BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX directory_users_user_name ON directory_users (directory_id, user_name_key) WHERE NOT deleted;
-- With the id behind it, so that a look-up in the order of ids never looks like work for another index.
CREATE INDEX directory_users_external_id ON directory_users (directory_id, external_id, id);
CREATE INDEX directory_users_page ON directory_users (directory_id, id) WHERE NOT deleted;
-- One index for each order in which an identity provider may ask for the list.
CREATE INDEX directory_users_by_user_name ON directory_users (directory_id, user_name_key, id) WHERE NOT deleted;
CREATE INDEX directory_users_by_display_name
    ON directory_users (directory_id, display_name_order, id) WHERE NOT deleted;
CREATE INDEX directory_users_by_external_id
    ON directory_users (directory_id, external_id_order, id) WHERE NOT deleted;
CREATE INDEX directory_users_by_active ON directory_users (directory_id, active, id) WHERE NOT deleted;
CREATE INDEX directory_users_by_created ON directory_users (directory_id, created_at, id) WHERE NOT deleted;
CREATE INDEX directory_users_by_updated ON directory_users (directory_id, updated_at, id) WHERE NOT deleted;
CREATE INDEX directory_users_held ON directory_users (directory_id, held_since, id)
    WHERE held_reason IS NOT NULL AND NOT deleted;
-- Who waits for an address that somebody else has.
CREATE INDEX directory_users_conflicts ON directory_users (email_key, held_since, id)
    WHERE held_reason = 'conflict' AND NOT deleted;
CREATE INDEX directory_users_membership ON directory_users (membership_id);

CREATE TABLE directory_user_emails (
    user_id       TEXT NOT NULL REFERENCES directory_users (id) ON DELETE CASCADE,
    position      BIGINT NOT NULL,
    directory_id  TEXT NOT NULL,
    value_key     TEXT NOT NULL,
    type_key      TEXT,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX directory_user_emails_value ON directory_user_emails (directory_id, value_key);

CREATE TABLE directory_groups (
    id                TEXT PRIMARY KEY NOT NULL,
    directory_id      TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    display_name      TEXT NOT NULL,
    display_name_key  TEXT COLLATE "binary" NOT NULL,
    external_id       TEXT COLLATE "binary",
    -- As in directory_users.
    display_name_order TEXT COLLATE "binary" NOT NULL GENERATED ALWAYS AS ('=' || display_name_key) STORED,
    external_id_order  TEXT COLLATE "binary" NOT NULL
        GENERATED ALWAYS AS (COALESCE('=' || external_id, '~')) STORED,
    document          TEXT NOT NULL,
    version           BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX directory_groups_name ON directory_groups (directory_id, display_name_key);
CREATE INDEX directory_groups_external_id ON directory_groups (directory_id, external_id, id);
CREATE INDEX directory_groups_by_display_name
    ON directory_groups (directory_id, display_name_order, id);
CREATE INDEX directory_groups_by_external_id
    ON directory_groups (directory_id, external_id_order, id);
CREATE INDEX directory_groups_by_created ON directory_groups (directory_id, created_at, id);
CREATE INDEX directory_groups_by_updated ON directory_groups (directory_id, updated_at, id);
CREATE INDEX directory_groups_page ON directory_groups (directory_id, id);

-- A member is a user or a group of the same directory; `member_kind` tells which. `display` is what the identity
-- provider sent with it: clients compare what they read back with what they sent.
CREATE TABLE directory_group_members (
    group_id     TEXT NOT NULL REFERENCES directory_groups (id) ON DELETE CASCADE,
    member_id    TEXT NOT NULL,
    member_kind  TEXT NOT NULL,
    display      TEXT,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX directory_group_members_member ON directory_group_members (member_id, group_id);
-- What is nested where, however many people are members.
CREATE INDEX directory_group_members_nested ON directory_group_members (group_id, member_id)
    WHERE member_kind = 'Group';

-- Members that a group push named before the directory sent the person.
CREATE TABLE directory_group_pending_members (
    group_id      TEXT NOT NULL REFERENCES directory_groups (id) ON DELETE CASCADE,
    directory_id  TEXT NOT NULL,
    value         TEXT NOT NULL,
    -- Case-folded, as a userName is compared.
    value_key     TEXT NOT NULL,
    display       TEXT,
    PRIMARY KEY (group_id, value)
);
CREATE INDEX directory_group_pending_members_value ON directory_group_pending_members (directory_id, value_key);

-- A group that gives its members a role, by its name: the group need not be there yet. The lowest priority counts.
CREATE TABLE role_mappings (
    directory_id    TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    group_name      TEXT NOT NULL,
    group_name_key  TEXT COLLATE "binary" NOT NULL,
    role            TEXT NOT NULL,
    priority        BIGINT NOT NULL,
    PRIMARY KEY (directory_id, group_name_key)
);
