"""Agreement of French words with a number, for what is told in a terminal or an answer."""


def counted(n: int, words: str) -> str:
    """« 1 ligne reçue », « 0 ligne reçue », « 2 lignes reçues »: `words` in the singular, each taking an s."""
    return f"{n} {words}" if n < 2 else f"{n} " + " ".join(f"{word}s" for word in words.split())
