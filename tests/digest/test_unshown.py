from bot.digest.model import Entry, Paragraph
from bot.digest.unshown import Unshown, find_unshown


def test_what_slack_cannot_show_is_found_once():
    entry = Entry(
        "T",
        abstract=(r"A $\beta$ and $\begin{cases}1\end{cases}$.",),
        commentary=(
            Paragraph("![[plots/fig.png|300]]", "ko"),
            Paragraph("see ![a](fig.png) and ![b](https://a.example/b.png)", "en"),
            Paragraph("![[plots/fig.png]]", "ko"),
            Paragraph(r"| a |\n|---|\n| $\foo{x}$ |".replace("\\n", "\n"), "ko"),
            Paragraph("[words](mailto:a@b.example) and `$x$`", "en"),
        ),
    )
    assert find_unshown(entry) == (
        Unshown("formula", r"\begin{cases}1\end{cases}"),
        Unshown("image", "plots/fig.png"),
        Unshown("image", "fig.png"),
        Unshown("formula", r"\foo{x}"),
    )
