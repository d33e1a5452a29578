"""Write again every file made from the contracts and the catalogue; tests hold them to it."""

from mentorat.causal import plan_schema
from mentorat.contracts import dbt_schema, indicator_page, warehouse
from mentorat.contracts.dictionary import dictionary_markdown
from mentorat.settings import CHECKOUT

if __name__ == "__main__":
    made = {CHECKOUT / "docs" / "dictionnaire.md": dictionary_markdown()}
    for module in (dbt_schema, warehouse, indicator_page, plan_schema):
        made |= module.files()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8", newline="\n")
