ALTER TABLE demo_state ADD COLUMN dirt jsonb;
