-- What was granted, and the mail that tells people of it.

CREATE TABLE memberships (
    id              TEXT PRIMARY KEY NOT NULL,
    workspace_id    TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    -- Set when the person has accepted.
    account_id      TEXT REFERENCES accounts (id) ON DELETE SET NULL,
    email           TEXT NOT NULL,
    email_key       TEXT NOT NULL,
    name            TEXT NOT NULL,
    search_key      TEXT NOT NULL,
    -- The person's own language, such as fr or fr-CA: as the directory names it, or chosen by who invited by hand.
    language        TEXT,
    role            TEXT NOT NULL,
    -- The group that gives the role, and the role set by hand that comes back when no group does.
    role_group_id   TEXT,
    baseline_role   TEXT,
    status          TEXT NOT NULL,
    source          TEXT NOT NULL,
    directory_id    TEXT REFERENCES directories (id) ON DELETE SET NULL,
    -- 'directory' or 'admin'; decides whether the directory may bring the person back.
    suspended_by    TEXT,
    status_changed_at BIGINT NOT NULL,
    joined_at       BIGINT,
    last_active_at  BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX memberships_email ON memberships (workspace_id, email_key);
CREATE UNIQUE INDEX memberships_account ON memberships (workspace_id, account_id);
CREATE INDEX memberships_of_account ON memberships (account_id);
CREATE INDEX memberships_page ON memberships (workspace_id, status, search_key, id);
CREATE INDEX memberships_owners ON memberships (workspace_id, id) WHERE role = 'owner' AND status = 'active';
CREATE INDEX memberships_role_group ON memberships (role_group_id);
CREATE INDEX memberships_directory ON memberships (directory_id, status);

-- Addresses that a member left, or that no active person of the mirror stands behind any more, while somebody was held
-- because of them: those are looked at again.
CREATE TABLE freed_addresses (
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    email_key     TEXT NOT NULL,
    -- Counts how often, so that a look that began earlier does not end what came after it.
    times         BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, email_key)
);

CREATE TABLE invitations (
    id             TEXT PRIMARY KEY NOT NULL,
    workspace_id   TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    membership_id  TEXT NOT NULL REFERENCES memberships (id) ON DELETE CASCADE,
    email          TEXT NOT NULL,
    -- Chosen by who invited by hand; comes before the person's own.
    language       TEXT,
    status         TEXT NOT NULL,
    -- Counts the mails asked for; a link of an earlier generation is dead.
    generation     BIGINT NOT NULL,
    invited_by     TEXT REFERENCES accounts (id) ON DELETE SET NULL,
    directory_id   TEXT REFERENCES directories (id) ON DELETE SET NULL,
    created_at     BIGINT NOT NULL,
    sent_at        BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    opened_at      BIGINT,
    ended_at       BIGINT
);
CREATE UNIQUE INDEX invitations_pending ON invitations (membership_id) WHERE status = 'pending';
CREATE INDEX invitations_membership ON invitations (membership_id, id);
CREATE INDEX invitations_expiry ON invitations (expires_at) WHERE status = 'pending';

-- Made when a mail is sent, so a retried mail has a link of its own; only the hash is kept.
CREATE TABLE invitation_links (
    token_hash     TEXT PRIMARY KEY NOT NULL,
    invitation_id  TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    generation     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL
);
CREATE INDEX invitation_links_invitation ON invitation_links (invitation_id);

-- Mails to send. Written in the transaction of the change they tell of.
CREATE TABLE outbox (
    id             TEXT PRIMARY KEY NOT NULL,
    workspace_id   TEXT REFERENCES workspaces (id) ON DELETE CASCADE,
    template       TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    generation     BIGINT NOT NULL,
    recipient      TEXT NOT NULL,
    recipient_key  TEXT NOT NULL,
    -- Stands in the return path and nowhere in the mail: who reports a bounce shows by it that the mail came to them.
    return_key     TEXT NOT NULL,
    -- As it was last sent.
    mail_subject   TEXT,
    -- What it tells, where that was known only when it was asked for: a JSON object. Never a secret.
    detail         TEXT NOT NULL,
    -- One of the many that an identity provider causes at once: others leave before it.
    bulk           BOOLEAN NOT NULL,
    status         TEXT NOT NULL,
    attempts       BIGINT NOT NULL,
    due_at         BIGINT NOT NULL,
    -- A worker, by its name, holds the mail until then. By the clock of the database: hosts have clocks of their own.
    lease_until    BIGINT NOT NULL,
    lease_by       TEXT,
    answer         TEXT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE UNIQUE INDEX outbox_once ON outbox (template, subject_id, generation, recipient);
CREATE INDEX outbox_due ON outbox (bulk, due_at) WHERE status IN ('queued', 'deferred');
CREATE INDEX outbox_subject ON outbox (subject_id);
CREATE INDEX outbox_workspace ON outbox (workspace_id, id);
CREATE INDEX outbox_status ON outbox (workspace_id, status, id);

-- How many mails all workers together began to send in each of the latest seconds, for the limit of mails a minute.
-- `at` is when the latest of them was begun, by the clock of the database.
CREATE TABLE mail_rate (
    second  BIGINT PRIMARY KEY NOT NULL,
    at      BIGINT NOT NULL,
    mails   BIGINT NOT NULL
);

-- Reports of bounces that were read already, by the id that their sender gave them.
CREATE TABLE bounce_reports (
    id           TEXT PRIMARY KEY NOT NULL,
    received_at  BIGINT NOT NULL
);
CREATE INDEX bounce_reports_age ON bounce_reports (received_at);

-- The built-in mailbox: where mail goes when no SMTP server is set.
CREATE TABLE mailbox (
    id          TEXT PRIMARY KEY NOT NULL,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    text_part   TEXT NOT NULL,
    html_part   TEXT NOT NULL,
    source      TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

-- Facts, in the past tense: who did what to whom, and because of which request.
CREATE TABLE events (
    id            TEXT PRIMARY KEY NOT NULL,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    at            BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    actor_id      TEXT,
    action        TEXT NOT NULL,
    subject_id    TEXT NOT NULL,
    detail        TEXT NOT NULL,
    request_id    TEXT
);
CREATE INDEX events_subject ON events (subject_id, id);
CREATE INDEX events_actor ON events (actor_id, id);
CREATE INDEX events_request ON events (request_id, id) WHERE request_id IS NOT NULL;
