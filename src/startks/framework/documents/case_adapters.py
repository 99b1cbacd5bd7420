"""Worked examples of the printed forms: kind → question put to the real code, answer in the keys of the case."""

from collections.abc import Callable
from typing import Any

from startks.framework.documents.gis_ids import BadGisId, parse_gis_id
from startks.framework.documents.qr import PaymentStringError, build_payment_string, parse_payment_string

Inputs = dict[str, Any]


def qr_build(inputs: Inputs) -> dict[str, Any]:
    """ГОСТ Р 56042-2014: fields to payment string."""
    try:
        fields = [(field["key"], field["value"]) for field in inputs["fields"]]
        return {"payload": build_payment_string(fields, inputs["encoding"])}
    except PaymentStringError as error:
        return {"error": error.code}


def qr_parse(inputs: Inputs) -> dict[str, Any]:
    """ГОСТ Р 56042-2014: payment string to fields."""
    try:
        parsed = parse_payment_string(inputs["payload"])
    except PaymentStringError as error:
        return {"error": error.code}
    period = parsed.period
    return {
        "encoding": parsed.encoding,
        "name": parsed.name,
        "account": parsed.account,
        "sum_rub": parsed.sum_rub,
        "period": None if period is None else f"{period // 100}-{period % 100:02d}",
        "payee_inn": parsed.payee_inn,
        "tech_code": parsed.tech_code,
        "payment_document_id": parsed.payment_document_id,
        "unknown_keys": parsed.unknown_keys,
        "empty_keys": parsed.empty_keys,
    }


def gis_id_parse(inputs: Inputs) -> dict[str, Any]:
    """Identifiers of ГИС ЖКХ."""
    try:
        parsed = parse_gis_id(inputs["id"])
    except BadGisId as error:
        return {"error": error.code}
    return {
        "id_type": parsed.id_type,
        "unified_account": parsed.unified_account,
        "service_id": parsed.service_id,
        "document_part": parsed.document_part,
    }


#: What ``startks cases`` asks of this folder.
ADAPTERS: dict[str, Callable[[Inputs], dict[str, Any]]] = {
    "qr_build": qr_build,
    "qr_parse": qr_parse,
    "gis_id_parse": gis_id_parse,
}
