import pytest

from bot.digest.papers import LINK_CHARS, paper_id


@pytest.mark.parametrize(
    ("link", "paper"),
    [
        ("https://arxiv.org/abs/2404.07965", "arxiv:2404.07965"),
        ("http://www.arxiv.org/pdf/2404.07965v3.pdf", "arxiv:2404.07965"),
        ("https://arxiv.org/html/2404.07965v1", "arxiv:2404.07965"),
        ("https://arxiv.org/abs/arXiv:2404.07965", "arxiv:2404.07965"),
        ("https://arxiv.org/abs/cs.LG/0102003v2", "arxiv:cs.lg/0102003"),
        ("https://huggingface.co/papers/2404.07965", "arxiv:2404.07965"),
        ("https://www.alphaxiv.org/ko/overview/2404.07965v1", "arxiv:2404.07965"),
        ("https://papers.cool/arxiv/2404.07965", "arxiv:2404.07965"),
        ("https://www.arxiv-vanity.com/papers/2404.07965/", "arxiv:2404.07965"),
        ("https://doi.org/10.48550/arXiv.2404.07965", "arxiv:2404.07965"),
        ("https://api.semanticscholar.org/arXiv:2404.07965", "arxiv:2404.07965"),
        ("https://doi.org/10.1038/S41586-023-06735-9", "doi:10.1038/s41586-023-06735-9"),
        ("https://www.nature.com/articles/s41586-023-06735-9.pdf", "doi:10.1038/s41586-023-06735-9"),
        ("https://dl.acm.org/doi/pdf/10.1145/3600006.3613165", "doi:10.1145/3600006.3613165"),
        ("https://www.biorxiv.org/content/10.1101/2022.07.20.500902v3.full.pdf", "doi:10.1101/2022.07.20.500902"),
        ("https://example.org/view?doi=10.1109/5.771073", "doi:10.1109/5.771073"),
        ("https://openreview.net/pdf?id=AL1fq05o7H", "openreview:AL1fq05o7H"),
        ("https://openreview.net/forum?id=AL1fq05o7H&noteId=x", "openreview:AL1fq05o7H"),
        ("https://aclanthology.org/2023.acl-long.1/", "acl:2023.acl-long.1"),
        ("https://aclanthology.org/2023.acl-long.1v2.pdf", "acl:2023.acl-long.1"),
        ("https://www.aclweb.org/anthology/P17-1001.pdf", "acl:p17-1001"),
        ("https://www.aclweb.org/anthology/papers/P/P17/P17-1001/", "acl:p17-1001"),
        ("https://doi.org/10.18653/v1/P17-1001", "acl:p17-1001"),
        ("https://proceedings.mlr.press/v37/ioffe15.html", "pmlr:v37/ioffe15"),
        ("http://proceedings.mlr.press/v202/dao-x23a/dao-x23a.pdf", "pmlr:v202/dao-x23a"),
        ("https://raw.githubusercontent.com/mlresearch/v202/main/assets/dao23a/dao23a.pdf", "pmlr:v202/dao23a"),
        ("https://github.com/openai/simple-evals", None),
        ("https://huggingface.co/microsoft/rho", None),
        ("https://arxiv.org/list/cs.CL/recent", None),
        ("https://arxiv.org/abs/2404.079651", None),
        ("https://aclanthology.org/volumes/2023.acl-long/", None),
        ("https://aclanthology.org/events/acl-2023/", None),
        ("https://proceedings.mlr.press/v202/", None),
        ("https://openreview.net/group?id=ICLR.cc/2024/Conference", None),
        ("https://openreview.net/profile?id=~Ada_Cook1", None),
        ("https://arxiv.org/abs/2404.07965?" + "x" * LINK_CHARS, None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_a_link_names_its_paper(link, paper):
    assert paper_id(link) == paper
