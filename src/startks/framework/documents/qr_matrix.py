"""QR symbols (ISO/IEC 18004, byte mode, error level M) by table: some fifty microseconds a symbol.

For a fixed version and mask a QR symbol is an affine map of its data bits: Reed–Solomon codes, interleaving and
masking only ever XOR. So for every half-byte of the data stream the modules it turns over (its own and those of its
error correction) are precomputed as one long integer, and a symbol is the XOR of one integer per half-byte over the
empty symbol. The modules of the symbol are the bits of that integer, row by row, rows padded to whole bytes — which
is exactly the data of a PDF image mask. A version's table takes a tenth of a second and a few megabytes, once per
process. Masks are chosen by the standard's penalty rule on a sample and may then be kept: a reader accepts any mask.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np

from startks.base.errors import StartksError

#: Error correction codewords per block and number of blocks, level M, versions 1–40 (ISO/IEC 18004, table 9).
_CODEWORDS = (
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
    26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
)  # fmt: skip
_BLOCKS = (
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
    17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
)  # fmt: skip
_LEVEL_M = 0b00
_HEX = "0123456789abcdef"
#: Half-bytes summed and cached together.
_PIECE = 32

_EXP = [1] * 255
for _i in range(1, 255):
    _doubled = _EXP[_i - 1] << 1
    _EXP[_i] = _doubled ^ 0x11D if _doubled & 0x100 else _doubled
_LOG = {value: power for power, value in enumerate(_EXP)}

_MASKS = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)


class QrTooLong(StartksError):
    """The payload does not fit the largest symbol."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A finished symbol: ``rows`` are ``size`` rows of ``stride`` bytes, most significant bit left, 1 = dark."""

    size: int
    stride: int
    rows: bytes
    version: int
    mask: int

    def matrix(self) -> np.ndarray:
        """Modules as an array of bool, shape (size, size)."""
        bits = np.unpackbits(np.frombuffer(self.rows, np.uint8).reshape(self.size, self.stride), axis=1)
        return bits[:, : self.size].astype(bool)


def encode(payload: bytes, mask: int | None = None) -> Symbol:
    """The smallest symbol that holds ``payload``; ``mask`` None chooses the one of least penalty (some ms)."""
    return _table(version_for(len(payload))).encode(payload, mask)


def version_for(length: int) -> int:
    """Smallest version (1–40) for ``length`` bytes. Raises :class:`QrTooLong`."""
    for version in range(1, 41):
        if length <= _data_codewords(version) - (2 if version < 10 else 3):
            return version
    raise QrTooLong(f"{length} байт не помещаются в QR-код; сократите назначение платежа или адрес.")


def _raw_codewords(version: int) -> int:
    """Codewords of a symbol, data and correction together: modules that are no function pattern, by eights."""
    modules = (16 * version + 128) * version + 64
    if version >= 2:
        aligned = version // 7 + 2
        modules -= (25 * aligned - 10) * aligned - 55
        if version >= 7:
            modules -= 36
    return modules // 8


def _data_codewords(version: int) -> int:
    return _raw_codewords(version) - _CODEWORDS[version - 1] * _BLOCKS[version - 1]


@cache
def _table(version: int) -> "_Table":
    return _Table(version)


class _Table:
    """Everything precomputed for one version."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.size = 17 + 4 * version
        self.stride = (self.size + 7) // 8
        self.capacity = _data_codewords(version)
        self._top = 8 * self.stride * self.size - 1
        self._fixed = dict(self._function_patterns())
        self._nibbles = self._build_nibbles()
        self._piece = lru_cache(256)(self._piece_bits)

    def encode(self, payload: bytes, mask: int | None) -> Symbol:
        length_digits = 2 if self.version < 10 else 4
        stream = f"4{len(payload):0{length_digits}x}{payload.hex()}0"
        stream += "ec11" * (self.capacity // 2 - len(stream) // 4 + 1)
        bits = 0
        for start in range(0, len(self._nibbles), _PIECE):
            bits ^= self._piece(start, stream[start : start + _PIECE])
        if mask is None:
            mask = min(range(8), key=lambda number: _penalty(self._symbol(bits, number).matrix()))
        return self._symbol(bits, mask)

    def _piece_bits(self, start: int, digits: str) -> int:
        """Modules turned by a run of half-bytes; cached, since all receipts of a house share the payee's part."""
        bits = 0
        for turned, digit in zip(self._nibbles[start : start + _PIECE], digits, strict=False):
            bits ^= turned[digit]
        return bits

    def _symbol(self, bits: int, mask: int) -> Symbol:
        rows = (bits ^ self._empty[mask]).to_bytes(self.stride * self.size, "big")
        return Symbol(self.size, self.stride, rows, self.version, mask)

    @cached_property
    def _empty(self) -> list[int]:
        """For each mask: function patterns, format and version information, mask over the data area."""
        fixed = sum(self._bit(r, c) for (r, c), dark in self._fixed.items() if dark)
        data = [(r, c) for r in range(self.size) for c in range(self.size) if (r, c) not in self._fixed]
        empty = []
        for number, condition in enumerate(_MASKS):
            bits = fixed | sum(self._bit(r, c) for r, c in data if condition(r, c))
            empty.append(bits | sum(self._bit(r, c) for r, c in self._format_modules(number)))
        return empty

    def _bit(self, row: int, column: int) -> int:
        return 1 << (self._top - 8 * self.stride * row - column)

    # -- function patterns -------------------------------------------------------------------------------------

    def _function_patterns(self) -> Iterator[tuple[tuple[int, int], bool]]:
        """(row, column) → dark, for every module that carries no data; format modules are reserved as light."""
        size, last = self.size, self.size - 1
        for i in range(size):
            yield (6, i), i % 2 == 0
            yield (i, 6), i % 2 == 0
        centres = self._alignment_centres()
        for row in centres:
            for column in centres:
                if (row, column) not in ((6, 6), (6, centres[-1]), (centres[-1], 6)):
                    for dr in range(-2, 3):
                        for dc in range(-2, 3):
                            yield (row + dr, column + dc), max(abs(dr), abs(dc)) != 1
        for row, column in ((3, 3), (3, last - 3), (last - 3, 3)):
            for dr in range(-4, 5):
                for dc in range(-4, 5):
                    if 0 <= row + dr < size and 0 <= column + dc < size:
                        yield (row + dr, column + dc), max(abs(dr), abs(dc)) not in (2, 4)
        for first, second in self._format_places():
            yield first, False
            yield second, False
        yield (size - 8, 8), True
        if self.version >= 7:
            remainder = self.version
            for _ in range(12):
                remainder = (remainder << 1) ^ (remainder >> 11) * 0x1F25
            information = self.version << 12 | remainder
            for i in range(18):
                row, column = i // 3, size - 11 + i % 3
                yield (row, column), bool(information >> i & 1)
                yield (column, row), bool(information >> i & 1)

    def _alignment_centres(self) -> list[int]:
        if self.version == 1:
            return []
        count = self.version // 7 + 2
        step = 26 if self.version == 32 else (self.version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
        return [6, *sorted(self.size - 7 - i * step for i in range(count - 1))]

    def _format_places(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Both places of the format bits 0…14, as (row, column)."""
        size = self.size
        first = [(i, 8) for i in range(6)] + [(7, 8), (8, 8), (8, 7)] + [(8, 14 - i) for i in range(9, 15)]
        second = [(8, size - 1 - i) for i in range(8)] + [(size - 15 + i, 8) for i in range(8, 15)]
        return list(zip(first, second, strict=True))

    def _format_modules(self, mask: int) -> Iterator[tuple[int, int]]:
        data = _LEVEL_M << 3 | mask
        remainder = data
        for _ in range(10):
            remainder = (remainder << 1) ^ (remainder >> 9) * 0x537
        information = (data << 10 | remainder) ^ 0x5412
        for i, places in enumerate(self._format_places()):
            if information >> i & 1:
                yield from places

    # -- the map of data to modules ----------------------------------------------------------------------------

    def _data_places(self) -> Iterator[int]:
        """Bits of the symbol in the order codewords fill them: column pairs from the right, zigzag, past column 6."""
        for right in range(self.size - 1, 0, -2):
            pair = right - 1 if right <= 6 else right
            upward = (pair + 1) & 2 == 0
            for step in range(self.size):
                row = self.size - 1 - step if upward else step
                for column in (pair, pair - 1):
                    if (row, column) not in self._fixed:
                        yield self._bit(row, column)

    def _build_nibbles(self) -> list[dict[str, int]]:
        corrections, blocks = _CODEWORDS[self.version - 1], _BLOCKS[self.version - 1]
        raw = _raw_codewords(self.version)
        short = self.capacity // blocks
        lengths = [short + (number >= blocks - self.capacity % blocks) for number in range(blocks)]
        places = self._data_places()
        codeword_bits = [[next(places) for _ in range(8)] for _ in range(raw)]  # most significant bit first
        data_at: dict[tuple[int, int], list[int]] = {}
        interleaved = iter(codeword_bits)
        for index in range(max(lengths)):
            for block in range(blocks):
                if index < lengths[block]:
                    data_at[block, index] = next(interleaved)
        correction_at = {(block, index): next(interleaved) for index in range(corrections) for block in range(blocks)}
        remainders = _remainders(corrections, max(lengths))
        nibbles = []
        for block, length in enumerate(lengths):
            bytes_of_correction = [correction_at[block, index] for index in range(corrections)]
            for index in range(length):
                remainder = remainders[length - 1 - index]
                flips = []
                for place in range(8):
                    turned = data_at[block, index][place]
                    for coefficient, bits in zip(remainder, bytes_of_correction, strict=True):
                        value = _EXP[(_LOG[coefficient] + 7 - place) % 255] if coefficient else 0
                        for bit in range(8):
                            if value << bit & 0x80:
                                turned ^= bits[bit]
                    flips.append(turned)
                nibbles += [_sums(flips[:4]), _sums(flips[4:])]
        return nibbles


def _sums(flips: list[int]) -> dict[str, int]:
    """All XORs of four flips, by hex digit; the first flip is the digit's highest bit."""
    sums = [0]
    for flip in reversed(flips):
        sums += [value ^ flip for value in sums]
    return dict(zip(_HEX, sums, strict=True))


def _remainders(degree: int, count: int) -> list[list[int]]:
    """x^(degree+i) mod the Reed–Solomon generator of ``degree``, i = 0 … count−1, coefficients from the highest."""
    generator = [0] * (degree - 1) + [1]
    root = 1
    for _ in range(degree):
        generator = [
            _multiply(coefficient, root) ^ (generator[i + 1] if i + 1 < degree else 0) for i, coefficient in enumerate(generator)
        ]
        root = _multiply(root, 2)
    found = [generator]
    for _ in range(count - 1):
        lead, *rest = found[-1]
        found.append([_multiply(lead, g) ^ r for g, r in zip(generator, [*rest, 0], strict=True)])
    return found


def _multiply(a: int, b: int) -> int:
    return _EXP[(_LOG[a] + _LOG[b]) % 255] if a and b else 0


_FINDER = np.array([1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0], bool)


def _penalty(modules: np.ndarray) -> int:
    """Penalty points of a symbol (ISO/IEC 18004, 7.8.3): runs, blocks of 2×2, finder-like rows, balance."""
    size = len(modules)
    points = 0
    for lines in (modules, modules.T):
        ends = np.ones((size, size), bool)  # True where a run of equal modules ends; every line ends one
        ends[:, :-1] = np.diff(lines, axis=1)
        runs = np.diff(np.flatnonzero(ends.ravel()), prepend=-1)
        points += int((runs[runs >= 5] - 2).sum())
        windows = np.lib.stride_tricks.sliding_window_view(lines, 11, axis=1)
        points += 40 * int((windows == _FINDER).all(2).sum() + (windows == _FINDER[::-1]).all(2).sum())
    squares = modules[:-1, :-1].astype(np.int8) + modules[1:, :-1] + modules[:-1, 1:] + modules[1:, 1:]
    points += 3 * int(((squares == 0) | (squares == 4)).sum())
    dark = int(modules.sum())
    return points + 10 * int(abs(dark * 20 - size * size * 10) // (size * size))
