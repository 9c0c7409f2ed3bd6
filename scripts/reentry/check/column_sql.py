"""SQL of one column of a feed: from its raw texts, and what landing notes of its cells, to value and faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reentry.contract import Column

# The state of an id by its text alone; of being born before the delivery, looked_up judges.
_ID_STATE = """
case when word is null then 'missing' when value is null then 'excel_error' when mark = 'number' then 'W04'
    else coalesce(memory.main.id_18_problem(value, date '2100-12-31'),
        case when memory.main.word_id_is_raised(word) then 'W07' end, 'valid') end
"""
# the notes that change how a cell of a type is read; each text is read once for each of them
_MARKS = {"date": "late", "month": "late", "resident_id": "number"}


@dataclass(frozen=True)
class ColumnSql:
    """A column, whether it is part of the key, and the kinds of notes that its new cells have: few files have any.

    A column that is no free text has few texts for its many rows: each text is parsed once, and its rows look it up.
    """

    column: Column
    is_key: bool
    notes: frozenset[str]

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def is_free(self) -> bool:
        """Whether nearly every row has another text."""
        return self.column.type in ("text", "person_name")

    @property
    def _is_id(self) -> bool:
        return self.column.type == "resident_id"

    # new rows -> texts ------------------------------------------------------------------------------------------------

    def texts(self) -> str:
        """CTE of the texts in the new rows: text, mark (a unit or a note), value, fault; of ids state and born_on."""
        look_up, value = "", self._parsed()
        column = self.column
        list_name = column.code_list or (column.type if column.type in ("township", "district") else None)
        if list_name:
            word = f"memory.main.word_drop_suffix(word, '{column.drop_suffix}')" if column.drop_suffix else "word"
            known = f"select word as known, code from memory.checking.words where list = '{list_name}'"
            look_up, value = f"left join ({known}) as listed on {word} = listed.known", "listed.code"
        normal = "cell_normal" if column.type == "flag" else "cell_clean"
        more = f", {_ID_STATE} as state, memory.main.id_birth_date(value) as born_on" if self._is_id else ""
        return f"""{self.name}__texts as materialized (
            select text, mark, value, {self._fault()} as fault{more}
            from (
                select text, mark, word, {value} as value
                from (
                    select text, mark, memory.main.{normal}(text) as word
                    from (
                        select distinct {self.name} as text, {self._mark()} as mark
                        from new_rows where {self.name} is not null
                    )
                )
                {look_up}
            )
        )"""

    def look_up(self) -> str:
        """The join of a new row ``r`` with the texts."""
        texts = f"{self.name}__texts"
        is_marked = self._mark() != "null::varchar"
        mark = f" and {self._mark('r.')} is not distinct from {texts}.mark" if is_marked else ""
        return f"left join {texts} on r.{self.name} = {texts}.text{mark}"

    def _mark(self, row: str = "") -> str:
        if self.column.type == "money":
            unit = f"{row}units['{self.name}']"
            return f"case when not {self._has_note('wan', row)} then {unit} end" if "wan" in self.notes else unit
        mark = _MARKS.get(self.column.type)
        return f"case when {self._has_note(mark, row)} then '{mark}' end" if mark in self.notes else "null::varchar"

    def _has_note(self, note: str | None, row: str = "") -> str:
        return f"coalesce(list_contains({row}notes, '{self.name}:{note}'), false)"

    def _parsed(self) -> str:
        match self.column.type:
            case "flag":
                return "memory.main.normal_flag(word)"
            case "money":
                return "memory.main.word_money(word, mark)"
            case "resident_id":
                return "memory.main.word_id_18(memory.main.word_text(word))"
            case "date" if "late" in self.notes:
                return "memory.main.date_in_range(memory.main.word_date(word) + (mark is not null)::integer)"
            case "month" if "late" in self.notes:
                late = "date_trunc('month', memory.main.word_date(word) + 1)::date"
                return f"case when mark is null then memory.main.word_month(word) else {late} end"
        return f"memory.main.word_{self.column.type}(word)"

    def _fault(self) -> str:
        """Of a required column only what happened to its key: a rule of its own is for cells without a value."""
        if self.is_key:
            is_number = " or mark = 'number'" if self._is_id else ""
            return f"case when memory.main.word_is_scientific(word){is_number} then 'damaged' end"
        if self.column.required:
            return "null::varchar"
        return (
            "case when memory.main.word_is_excel_error(word) then 'excel_error'"
            f" when {self._is_unparsed_word()} then 'unparsed' end"
        )

    def _is_unparsed_word(self) -> str:
        if self.column.type in ("resident_id", "township"):  # of which other rules speak, or none
            return "false"
        if self.column.type == "duration":
            return "memory.main.word_is_unparsed_duration(word)"
        present = "memory.main.word_or_null(word)" if self.column.type == "flag" else "word"
        return f"value is null and {present} is not null"

    # texts -> parsed rows ---------------------------------------------------------------------------------------------

    def parsed(self) -> str:
        """Its columns of the parsed rows: the word of a free text, else value, fault and state; is_error of both."""
        error = self._noted_error()
        noted = f", {error} as {self.name}__is_error" if error else ""
        if self.is_free:
            return f"memory.main.cell_clean(r.{self.name}) as {self.name}__word{noted}"
        texts = f"{self.name}__texts"
        found = f"{texts}.value as {self.name}, {texts}.fault as {self.name}__fault{noted}"
        if not self._is_id:
            return found
        # only the row knows the day before which a person must have been born
        too_late = f"{texts}.born_on > r.delivered_on and {texts}.state in ('valid', 'W05', 'W07')"
        state = f"case when {too_late} then 'W06' else coalesce({texts}.state, 'missing') end"
        if error:
            state = f"case when {error} then 'excel_error' else {state} end"
        return f"{found}, {state} as {self.name}_state"

    def _noted_error(self) -> str:
        """SQL of whether a cell is an error, or a formula without a value; empty when none is. #N/A is a null word."""
        conditions = [self._has_note("formula", "r.")] if "formula" in self.notes else []
        if "error" in self.notes:
            conditions.append(f"({self._has_note('error', 'r.')} and r.{self.name} is distinct from '#N/A')")
        return " or ".join(conditions)

    # parsed rows -> typed rows ----------------------------------------------------------------------------------------

    def value(self) -> str:
        """The typed value."""
        if self._is_id:
            return f"case when {self.name}_state in ('valid', 'W07') then {self.name} end"
        if not self.is_free:
            return self.name
        value = f"memory.main.word_{self.column.type}({self.name}__word)"
        lost = [f"{self.name}__is_error"] if self._noted_error() else []
        if self.column.is_number and not self.column.required:
            lost.append(self._is_damaged_number())
        return f"case when not ({' or '.join(lost)}) then {value} end" if lost else value

    def is_unparsed(self) -> str:
        """Whether an optional cell does not parse (W01): of free text only a number that a spreadsheet has damaged."""
        if not self.column.required and self.column.is_number:
            return self._is_damaged_number()
        unparsed = f"{self.name}__fault = 'unparsed'"
        if self._noted_error():
            unparsed += f" and not {self.name}__is_error"
        return "" if self.column.required or self.is_free else unparsed

    def is_error(self) -> str:
        """Whether an optional cell is an Excel error, or a formula without a value (W15)."""
        if self.column.required:
            return ""
        fault = f"{self.name}__fault = 'excel_error'"
        if self.is_free:
            fault = f"coalesce(memory.main.word_is_excel_error({self.name}__word), false)"
        return f"{fault} or {self.name}__is_error" if self._noted_error() else fault

    def is_damaged_key(self) -> str:
        """Whether a spreadsheet has damaged a part of the key (Q7)."""
        if not self.is_key:
            return ""
        return self._is_damaged_number() if self.is_free else f"{self.name}__fault = 'damaged'"

    def is_damaged_number(self) -> str:
        """Whether a spreadsheet has damaged a required number that is not the key, as of a grant or dossier (Q7)."""
        is_such = self.column.is_number and self.column.required and not self.is_key
        return self._is_damaged_number() if is_such else ""

    def _is_damaged_number(self) -> str:
        damaged = f"memory.main.word_is_scientific({self.name}__word)"
        return f"{damaged} or {self._has_note('number')}" if "number" in self.notes else damaged

    def is_unreadable(self) -> str:
        """Whether a name, the key or another number has a character that nobody can read (W16)."""
        if self.column.type == "person_name":
            return f"memory.main.word_is_damaged_name({self.name}__word)"
        is_such = self.column.is_number or (self.is_key and self.is_free)
        return f"memory.main.word_is_damaged({self.name}__word)" if is_such else ""

    def is_unfilled(self) -> str:
        """Whether an empty cell lies under a merged one (W18)."""
        return self._has_note("merged") if "merged" in self.notes else ""


def names_where(conditions: Iterable[tuple[str, str]]) -> str:
    """SQL of the list of names whose condition holds; null when none does, which is the rule."""
    given = {name: condition for name, condition in conditions if condition}
    if not given:
        return "null::varchar[]"
    listed = ", ".join(f"case when {condition} then '{name}' end" for name, condition in given.items())
    return f"case when {' or '.join(given.values())} then list_filter([{listed}], lambda name: name is not null) end"
