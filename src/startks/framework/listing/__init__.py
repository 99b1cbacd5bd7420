"""What a reader does with a list besides reading it: keep it under a name (:mod:`.saved`), take it along as a
spreadsheet (:mod:`.export`, with the reader's identity of :mod:`.acting`). The list itself is
:mod:`startks.framework.web.lists`."""
