"""The description of the format, made from the registers themselves: ``startks import format`` prints it."""

from __future__ import annotations

from collections.abc import Iterable

from startks.framework.exchange.town.archive import MOST_BYTES, MOST_FILES
from startks.framework.exchange.town.columns import Column
from startks.framework.exchange.town.registers import Register
from startks.framework.exchange.town.statements import STATEMENT
from startks.framework.exchange.town.words import KNOWN_SERVICES

HEAD = """\
# Город файлами

Город целиком — папка (или архив zip без паролей и вложенных папок) с файлами CSV, по файлу на реестр. Этим же набором он
выгружается обратно: выгрузка загруженного равна ему до байта. Эта страница сделана из самих описаний реестров
(`startks import format`), тест следит, чтобы она не отставала.

| что | команда |
|---|---|
| проверить набор, ничего не меняя | `startks import town DIR --dry-run` |
| загрузить в пустую базу: все строки или ни одной | `startks import town DIR` |
| выгрузить город в новую папку | `startks export town DIR` |
| посчитать месяц и выгрузить ведомость | `startks period calculate 2026-10`, `startks export statement 2026-10 FILE.csv` |
| инвентаризация: количества, суммы, без пары, дважды | `startks import check` |
| сверить с ведомостью прежней системы | `startks import compare 2026-10 OLD.csv --out DIFF.csv` |
| добавить строки одного реестра в живущий город | `startks import register ИМЯ FILE.csv [--dry-run]` |
| добавить строки таблицы по карте столбцов | `startks import xlsx FILE.xlsx --map MAP.json [--register ИМЯ] [--dry-run]` |
| то же в конторе, с просмотром | «Управление» → «Город файлами» |

Начать проще всего с выгрузки показательного города: `./startks demo --no-serve --accounts 300`, затем
`./startks export town DIR`.

## Общие правила

* Кодировка UTF-8 без BOM, разделитель — запятая, первая строка — имена столбцов (порядок любой, необязательных может не
  быть), дальше строка на запись. Поле с запятой или кавычкой заключается в кавычки, кавычка внутри удваивается; перевода
  строки внутри поля нет.
* Пустое поле — «нет значения» (или значение по умолчанию, если оно названо).
* Даты `2026-05-01`, месяцы `2026-05`, числа с точкой без пробелов, деньги в рублях с копейками `4120.55`, `true` и `false`.
* Факты по датам: `from` — первый день, `to` — первый день, в который это уже не верно; пустое `to` — верно и теперь. Два
  факта об одном на один день не допускаются.
* Номера домов, помещений, людей, договоров и прочего выбирает составитель: целые от 1 до 2 000 000 000, свои в каждом файле.
* Текст, который таблица приняла бы за формулу (начинается с `=`, `+`, `-`, `@`), пишется с апострофом впереди; без него строка
  не принимается. При выгрузке апостроф ставится сам.
* Каждая плохая строка называется: файл, строка, поле, что не так и что сделать. При любой ошибке не загружается ничего. Файлы
  сохраняются, как пришли, с их SHA-256 (таблицы `import_batch`, `import_file`, папка `imports` в папке данных).
* Архив: не больше {files} файлов и {bytes} ГБ в развёрнутом виде.

## Что переезжает, а что нет

Переезжает всё, от чего зависит следующий месяц: факты по датам целиком, остаток каждой строки счёта на начало первого месяца,
долги по месяцам возникновения и неоплаченные пени (от них идут пени), показания и начисления без показаний (от них среднее и
доначисление), платежи, неразнесённые разницы перерасчёта. Месяц, рассчитанный после переезда, равен тому, который рассчитала бы
прежняя установка, до копейки и до строки (тест `tests/database/test_moving_in.py`).

Не переезжают итоги прошлых месяцев: ведомости закрытых месяцев, их печати, репетиции и сопровождающие журналы остаются в прежней
установке. Поэтому первую репетицию после переезда не с чем сравнить (для этого есть `startks import compare` с ведомостью прежней
системы), а месяц до переезда нельзя пересчитать здесь: разницу за него вносят в `recalculations.csv`. Пользователи, их права и
привязки кабинетов тоже не переезжают.

## Файлы по порядку

Обязательные файлы помечены звёздочкой; остальных может не быть.

"""
STAR = " \\*"
MAPS = """\
## Таблица xlsx и карта её столбцов

Карта — файл JSON. Простая, для одного реестра (`--register payments`):

```json
{"columns": {"account": {"from": "ЛС", "pad": 10}, "paid_on": "Дата", "amount": "Сумма",
             "channel": {"from": "Где принят", "values": {"Сбер": "bank", "Касса": "cash"}}}}
```

Слева — столбец реестра, справа — заголовок столбца таблицы или объект: `from` — заголовок; `value` — одно значение для всех
строк; `values` — слова таблицы и слова реестра; `pad` — дополнить номер нулями слева до стольких цифр; `month_end` — месяц
вместо даты значит его последний день; `number` — новый номер строки, один во всех реестрах карты. Карта нескольких реестров
пишет их в `registers`; строка таблицы может дать несколько строк реестра (`rows` с условием `when`); `leave_out` называет
строки, которые карта оставляет вне города, — они перечисляются в ответе. Готовая карта `meters-flat` читает таблицу
«Адрес, Помещение, … Номер счетчика, Показание 1 …» как есть.

Даты таблицы `05.11.2026`, числа с запятой и пробелами, «да» и «нет» понимаются сами. Формулы не принимаются.
"""


def page(registers: Iterable[Register]) -> str:
    """The whole page as Markdown."""
    known = tuple(registers)
    parts = [HEAD.format(files=MOST_FILES, bytes=MOST_BYTES // 2**30)]
    parts += [f"* [`{one.file}`](#{one.name}csv){STAR if one.needed else ''} — {one.title}\n" for one in known]
    parts += [_section(one) for one in known]
    parts.append("\n## Коды услуг, которые знает расчёт\n\n" + ", ".join(f"`{code}`" for code in KNOWN_SERVICES) + ".\n")
    parts.append("\n## Ведомость месяца\n\n" + STATEMENT.meaning + "\n\n" + _table(STATEMENT))
    return "".join(parts) + "\n" + MAPS


def _section(register: Register) -> str:
    keyed = f" Ключ: {', '.join(f'`{name}`' for name in register.key)}." if register.key else ""
    return f"\n### {register.file}\n\n{register.title}. {register.meaning}{keyed}\n\n" + _table(register)


def _table(register: Register) -> str:
    rows = ["| столбец | | что это | вид | пример |\n|---|---|---|---|---|\n"]
    rows += [
        f"| `{column.name}` | {'*' if column.required else ''} | {_meaning(column)} | {_kind(column)} | `{column.example}` |\n"
        for column in register.all_columns
    ]
    return "".join(rows)


def _meaning(column: Column) -> str:
    target = f" (из [`{column.ref}.csv`](#{column.ref}csv))" if column.ref else ""
    return column.meaning + target


def _kind(column: Column) -> str:
    """The kind, with the value that an empty cell stands for."""
    words = column.kind.words()
    if column.default is None or column.default == "" or "пусто — " in column.meaning:
        return words
    shown = str(column.default).lower() if isinstance(column.default, bool) else column.default
    return f"{words}; пусто — `{shown}`"
