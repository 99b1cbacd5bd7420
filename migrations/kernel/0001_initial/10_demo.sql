CREATE TABLE demo_state (
    id SMALLINT NOT NULL,
    accounts INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    city TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    built_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_demo_state PRIMARY KEY (id),
    CONSTRAINT ck_demo_state_one CHECK (id = 1)
);
