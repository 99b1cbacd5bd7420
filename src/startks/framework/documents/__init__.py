"""Printed forms: the receipt as PDF and HTML, its codes, charts, words and numbers of documents.

The way of a receipt: a module fills :class:`.receipt.Receipt`; :mod:`.receipt_pdf` makes one file per house of it,
:mod:`.receipt_html` its twin for the page; :mod:`.payment_codes` says what the codes hold.
"""
