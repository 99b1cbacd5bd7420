"""When a house was last calculated by itself: the gate asks for facts that came later than that."""

from alembic import op

revision = "kernel_0021"
down_revision = "kernel_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE house_calculation (
            period INTEGER NOT NULL,
            house_id INTEGER NOT NULL,
            began_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_house_calculation PRIMARY KEY (period, house_id),
            CONSTRAINT fk_house_calculation_period_period FOREIGN KEY(period) REFERENCES period (id),
            CONSTRAINT fk_house_calculation_house_id_house FOREIGN KEY(house_id) REFERENCES house (id)
        )""")


def downgrade() -> None:
    raise NotImplementedError("history is not taken back: restore a copy")
