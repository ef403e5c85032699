"""What a voice should say: the words of a script without what Slack writes between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.spoken import NamesSomebody, spoken


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("*bold* _italic_ ~struck~ `code`", "bold italic struck code"),
        ("_*both* and more_", "both and more"),
        ("*_both_*", "both"),
        ("__init__", "init"),
        ("**bold**", "bold"),
        ("(*bold*), *bold*!", "(bold), bold!"),
        ("*one line\nanother*", "*one line\nanother*"),
        ("2*3*4 = 24, snake_case_name, a * b * c", "2*3*4 = 24, snake_case_name, a * b * c"),
        ("*", "*"),
        ("**", "**"),
        ("* a*", "* a*"),
        ("*a *", "*a *"),
        (f"*{'a' * 299}*", "a" * 299),
        (f"*{'a' * 300}*", f"*{'a' * 300}*"),
    ],
)
def test_marks_around_words_are_not_said(sent: str, words: str) -> None:
    assert spoken(sent) == words


@pytest.mark.parametrize("sent", ["<@U0BOB>", "<#C1>", "<!subteam^S1>", "Hi <@U0BOB|>"])
def test_an_id_cannot_be_said(sent: str) -> None:
    with pytest.raises(NamesSomebody):
        spoken(sent)


@given(st.text(st.sampled_from("*_~` \nab&"), max_size=40))
def test_only_marks_are_left_out(text: str) -> None:
    def without(words: str) -> str:
        return "".join(char for char in words if char not in "*_~`").strip()

    assert without(spoken(text)) == without(text)
