"""Replay: a fact of the past was learned later, so the closed months it touches are computed again, and the differences
go into the open month with their reasons (ПП РФ 354 п. 61, 69; ЖК ст. 157). Closed months themselves never change.
"""
