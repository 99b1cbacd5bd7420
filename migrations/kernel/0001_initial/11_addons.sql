CREATE TABLE licence_counter (
    metric TEXT NOT NULL,
    measured_on DATE NOT NULL,
    value BIGINT NOT NULL,
    CONSTRAINT pk_licence_counter PRIMARY KEY (metric, measured_on),
    CONSTRAINT ck_licence_counter_value CHECK (value >= 0)
);
