import csv
import io

from imctune.report.table import Column, Table

COLUMNS = (Column("network", "network", "text"), Column("EDAP", "edap"))
TABLE = Table("Results", COLUMNS, (("a|b", 1.23456), ("<i>", "does not fit")), ("A note.",))


def test_text_is_aligned_numbers_to_the_right() -> None:
    lines = TABLE.as_text().split("\n")
    assert lines == [
        "Results",
        "network          EDAP",
        "───────  ────────────",
        "a|b              1.23",
        "<i>      does not fit",
        "A note.",
    ]


def test_text_cuts_the_widest_texts_to_the_given_width() -> None:
    wide = Table("Wide", COLUMNS, (("x" * 300, 1.0),), ("word " * 60,))
    lines = wide.as_text(width=60).split("\n")
    assert max(map(len, lines)) <= 60
    assert "…" in lines[3]


def test_csv_keeps_all_digits_under_names_with_units() -> None:
    rows = list(csv.reader(io.StringIO(TABLE.as_csv())))
    assert rows == [["network", "edap"], ["a|b", "1.23456"], ["<i>", "does not fit"]]


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert TABLE.as_markdown().split("\n")[2] == "| a\\|b | 1.23 |"


def test_html_escapes_everything() -> None:
    page = Table("<b>", COLUMNS, (("<script>", 1.0),), ("<u>",)).as_html()
    assert "&lt;script&gt;" in page
    for tag in ("<script>", "<b>", "<u>"):
        assert tag not in page


def test_picking_columns_keeps_rows_in_order() -> None:
    assert TABLE.pick("edap", most_rows=1).rows == ((1.23456,),)


def test_people_do_not_see_columns_that_say_nothing_but_csv_keeps_them() -> None:
    columns = (Column("search", "search", "text"), Column("beaten by", "beaten_by", "text"))
    table = Table("Searches", columns, (("joint", None), ("alexnet", "")))
    for shown in (table.as_text(), table.as_markdown(), table.as_html()):
        assert "alexnet" in shown
        assert "beaten by" not in shown
    assert table.as_csv().startswith("search,beaten_by\n")
    some = Table("Searches", columns, (("joint", None), ("alexnet", "the joint search")))
    assert "beaten by" in some.as_text()
    assert "beaten by" in Table("Searches", columns, ()).as_text()


def test_a_table_below_its_own_heading_needs_no_caption() -> None:
    table = Table("Areas", (Column("network", "network", "text"),), (("vgg16",),))
    assert "<caption>Areas</caption>" in table.as_html()
    assert "Areas" not in table.as_html(titled=False)
