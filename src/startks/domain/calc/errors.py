"""Refusals of the calculation engine.

Every refusal carries a machine ``code`` (the codes of the worked examples, for example
``reading_below_previous`` or ``zero_weights``) and a Russian sentence for the person.
"""

from startks.base.errors import StartksError


class CalculationError(StartksError):
    """Facts from which nothing can be calculated; ``code`` names the kind of the fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OverflowProof(CalculationError):
    """The proved bound of an intermediate number does not fit into 127 bits.

    Raised while the expression is built, before a single row is read: the bulk interpreter never
    lets an integer wrap round silently. ``bits`` is the size that would be needed.
    """

    def __init__(self, bits: int, rule: str = "") -> None:
        where = f"Правило {rule}: " if rule else ""
        super().__init__(
            "overflow",
            f"{where}промежуточный результат может занять {bits} бит при пределе 127. "
            "Проверьте исходные данные: одно из чисел неправдоподобно велико.",
        )
        self.bits = bits
        self.rule = rule
