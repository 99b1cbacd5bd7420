"""The table of inspections."""

import sqlalchemy as sa
from alembic import op

revision = "inspections_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inspections_inspection",
        sa.Column("id", sa.Integer, sa.Identity(), nullable=False),
        sa.Column("house_id", sa.Integer, nullable=False),
        sa.Column("inspected_on", sa.Date, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("length(finding) BETWEEN 1 AND 500", name=op.f("ck_inspections_inspection_finding")),
        sa.ForeignKeyConstraint(["house_id"], ["house.id"], name=op.f("fk_inspections_inspection_house_id_house")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections_inspection")),
    )
    op.create_index(op.f("ix_inspections_inspection_house_id"), "inspections_inspection", ["house_id"])


def downgrade() -> None:
    op.drop_table("inspections_inspection")
