-- A ledger of version 1 as pg_dump writes it, after the first batch of the writer 'a'.

CREATE TABLE public.cache_event (
    id bigint NOT NULL,
    at bigint NOT NULL,
    request_id text NOT NULL COLLATE pg_catalog."C",
    event text NOT NULL COLLATE pg_catalog."C",
    outcome text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    tier text NOT NULL COLLATE pg_catalog."C",
    duration_ms double precision NOT NULL,
    provider text NOT NULL COLLATE pg_catalog."C",
    protocol text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    language text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    template text NOT NULL COLLATE pg_catalog."C",
    tenant text NOT NULL COLLATE pg_catalog."C",
    user_digest text COLLATE pg_catalog."C",
    session_digest text COLLATE pg_catalog."C",
    key text COLLATE pg_catalog."C",
    saved_tokens bigint NOT NULL,
    saved_nano bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    spent_nano bigint NOT NULL,
    estimated boolean NOT NULL,
    weight bigint NOT NULL
);

ALTER TABLE public.cache_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cache_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.cache_statistics (
    bucket bigint NOT NULL,
    dimensions bytea NOT NULL,
    provider text NOT NULL COLLATE pg_catalog."C",
    protocol text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    language text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    template text NOT NULL COLLATE pg_catalog."C",
    tenant text NOT NULL COLLATE pg_catalog."C",
    requests bigint DEFAULT 0 NOT NULL,
    hits bigint DEFAULT 0 NOT NULL,
    semantic_hits bigint DEFAULT 0 NOT NULL,
    stale_hits bigint DEFAULT 0 NOT NULL,
    shared bigint DEFAULT 0 NOT NULL,
    misses bigint DEFAULT 0 NOT NULL,
    negative bigint DEFAULT 0 NOT NULL,
    bypasses bigint DEFAULT 0 NOT NULL,
    fallbacks bigint DEFAULT 0 NOT NULL,
    calls bigint DEFAULT 0 NOT NULL,
    errors bigint DEFAULT 0 NOT NULL,
    stores bigint DEFAULT 0 NOT NULL,
    refusals bigint DEFAULT 0 NOT NULL,
    saved_tokens bigint DEFAULT 0 NOT NULL,
    shared_tokens bigint DEFAULT 0 NOT NULL,
    input_tokens bigint DEFAULT 0 NOT NULL,
    output_tokens bigint DEFAULT 0 NOT NULL,
    cached_input_tokens bigint DEFAULT 0 NOT NULL,
    cache_write_tokens bigint DEFAULT 0 NOT NULL,
    saved_nano bigint DEFAULT 0 NOT NULL,
    shared_nano bigint DEFAULT 0 NOT NULL,
    miss_nano bigint DEFAULT 0 NOT NULL,
    bypass_nano bigint DEFAULT 0 NOT NULL,
    refresh_nano bigint DEFAULT 0 NOT NULL,
    abandoned_nano bigint DEFAULT 0 NOT NULL,
    audit_nano bigint DEFAULT 0 NOT NULL,
    embedding_nano bigint DEFAULT 0 NOT NULL,
    verifying_nano bigint DEFAULT 0 NOT NULL,
    prompt_cache_nano bigint DEFAULT 0 NOT NULL,
    estimated_saved_nano bigint DEFAULT 0 NOT NULL,
    estimated_spent_nano bigint DEFAULT 0 NOT NULL,
    hit_micros bigint DEFAULT 0 NOT NULL,
    miss_micros bigint DEFAULT 0 NOT NULL,
    hit_durations bigint[] NOT NULL,
    miss_durations bigint[] NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.ledger_erasure (
    user_digest text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL
);

CREATE TABLE public.ledger_schema (
    version integer NOT NULL,
    migrated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.ledger_writer (
    writer text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    at bigint NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.query_pattern (
    key text NOT NULL COLLATE pg_catalog."C",
    text text COLLATE pg_catalog."C",
    language text NOT NULL COLLATE pg_catalog."C",
    category text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    tenant text NOT NULL COLLATE pg_catalog."C",
    hits bigint NOT NULL,
    last_asked bigint NOT NULL,
    user_digest text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');

CREATE TABLE public.tag_statistics (
    bucket bigint NOT NULL,
    tag text NOT NULL COLLATE pg_catalog."C",
    requests bigint NOT NULL,
    hits bigint NOT NULL,
    saved_nano bigint NOT NULL
)
WITH (fillfactor='70');

INSERT INTO public.cache_event OVERRIDING SYSTEM VALUE VALUES (1, 1893456000001, 'a 1', 'lookup', 'hit', 'exact', 'memory', 0.25, 'https://api.example.com/v1', 'openai-chat', 'gpt-5', 'en', 'support', 'greeting', '0123456789abcdef0123', 'a', NULL, NULL, 0, 0, 0, 0, 0, false, 1);

INSERT INTO public.cache_statistics VALUES (1893456000000, '\x4bad364c477acb40ede908021acb6bdc', 'https://api.example.com/v1', 'openai-chat', 'gpt-5', 'en', 'support', 'greeting', '0123456789abcdef0123', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{1}', '{}');
INSERT INTO public.cache_statistics VALUES (1893456900000, '\x4bad364c477acb40ede908021acb6bdc', 'https://api.example.com/v1', 'openai-chat', 'gpt-5', 'en', 'support', 'greeting', '0123456789abcdef0123', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}', '{}');
INSERT INTO public.cache_statistics VALUES (1893457800000, '\x4bad364c477acb40ede908021acb6bdc', 'https://api.example.com/v1', 'openai-chat', 'gpt-5', 'en', 'support', 'greeting', '0123456789abcdef0123', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}', '{}');

INSERT INTO public.ledger_schema VALUES (1, '2026-11-29 07:50:37.816782+00');

INSERT INTO public.ledger_writer VALUES ('a', 1, 1893456001000);

INSERT INTO public.query_pattern VALUES ('key 0', 'question 0', 'en', 'support', 'gpt-5', '0123456789abcdef0123', 1, 1893456000000, NULL);
INSERT INTO public.query_pattern VALUES ('key 1', 'question 1', 'en', 'support', 'gpt-5', '0123456789abcdef0123', 1, 1893456000000, NULL);
INSERT INTO public.query_pattern VALUES ('key 2', 'question 2', 'en', 'support', 'gpt-5', '0123456789abcdef0123', 1, 1893456000000, NULL);

INSERT INTO public.tag_statistics VALUES (1893456000000, 'tag 0', 1, 1, 1);
INSERT INTO public.tag_statistics VALUES (1893456000000, 'tag 1', 1, 1, 1);
INSERT INTO public.tag_statistics VALUES (1893456000000, 'tag 2', 1, 1, 1);

SELECT pg_catalog.setval('public.cache_event_id_seq', 1, true);

ALTER TABLE ONLY public.cache_event
    ADD CONSTRAINT cache_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.cache_statistics
    ADD CONSTRAINT cache_statistics_pkey PRIMARY KEY (bucket, dimensions);

ALTER TABLE ONLY public.ledger_erasure
    ADD CONSTRAINT ledger_erasure_pkey PRIMARY KEY (user_digest);

ALTER TABLE ONLY public.ledger_schema
    ADD CONSTRAINT ledger_schema_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.ledger_writer
    ADD CONSTRAINT ledger_writer_pkey PRIMARY KEY (writer);

ALTER TABLE ONLY public.query_pattern
    ADD CONSTRAINT query_pattern_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.tag_statistics
    ADD CONSTRAINT tag_statistics_pkey PRIMARY KEY (bucket, tag);

CREATE INDEX cache_event_by_age ON public.cache_event USING btree (at);

CREATE INDEX cache_event_by_user ON public.cache_event USING btree (user_digest) WHERE (user_digest IS NOT NULL);

CREATE INDEX query_pattern_by_user ON public.query_pattern USING btree (user_digest) WHERE (user_digest IS NOT NULL);
