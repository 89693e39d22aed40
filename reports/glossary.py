"""The two lists at the end of a report: what is cited, and what the symbols mean."""

from collections import Counter
from collections.abc import Iterable, Mapping

from .parts import Typeset, known
from .schema import Symbol, Theorem
from .view import SymbolRow, TrustedRow


def trusted_base(theorems: Iterable[Theorem], anchors: Mapping[str, str]) -> tuple[TrustedRow, ...]:
    """Every cited result once, with the theorems that rest on it; ``anchors`` go by theorem id.

    Two theorems may cite different results under one key: these are different rows.
    """
    users: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for theorem in theorems:
        for cited in theorem.trusted_base:
            row = users.setdefault((cited.key, cited.says, cited.source), [])
            row.append((anchors[theorem.id], theorem.title))
    return tuple(TrustedRow(*cited, used_by=tuple(users[cited])) for cited in sorted(users))


def glossary(theorems: Iterable[Theorem], typeset: Typeset) -> tuple[SymbolRow, ...]:
    """Every symbol once, by name; a symbol with two meanings has a row for each."""
    users: dict[Symbol, str] = {}
    for theorem in theorems:
        for symbol in theorem.symbols:
            users.setdefault(symbol, theorem.title)
    meanings = Counter(symbol.name for symbol in users)
    return tuple(
        SymbolRow(
            symbol=known(symbol.typst, symbol.name, typeset),
            meaning=symbol.meaning,
            range=symbol.range,
            where=users[symbol] if meanings[symbol.name] > 1 else "",
        )
        for symbol in sorted(users, key=lambda s: (s.name.lower(), s.name))
    )
