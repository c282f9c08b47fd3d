"""Rules that every template and stylesheet keeps: no inline script or style, budgets, links that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.urls import get_resolver, reverse

from posture.models import Scan
from tests.posture.web.rows import a_finding

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "api"
)
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
BUDGETS = {".html": 120, ".css": 150, ".js": 40}
TOKENS = "tokens.css"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch|lab|lch)\(")


CHOSEN_BY_DATA = {"fail", "good", "new", "warn"}
"""Ends of class names that a template puts together."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_has_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<[^>]*\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert "<style" not in text
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert "|safe" not in text
    assert "autoescape off" not in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_compiles_and_names_pages_that_exist(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))
    for name in re.findall(r"{% url '([^']+)'", path.read_text()):
        assert name in get_resolver().reverse_dict, name


@pytest.mark.parametrize("path", [*TEMPLATES, *STYLES, *SCRIPTS], ids=named)
def test_a_file_keeps_its_budget_of_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= BUDGETS[path.suffix]


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_literal_colours_stand_in_the_tokens_only(path: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    if path.name == TOKENS:
        assert COLOUR.search(rules)
    else:
        assert COLOUR.findall(re.sub(r"url\(#[^)]*\)", "", rules)) == []


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_every_rule_is_in_a_layer(path: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL).strip()
    assert re.match(r"@layer (reset|tokens|base|components|utilities)\b", rules)
    depth = 0
    for line in rules.splitlines():
        if depth == 0:
            assert line == "" or line.startswith("@layer"), line
        depth += line.count("{") - line.count("}")
    assert depth == 0


def test_every_stylesheet_is_loaded_and_tokens_come_first() -> None:
    listed = re.findall(r"css/([\w-]+\.css)", (ROOT / "templates/parts/styles.html").read_text())
    assert sorted(listed) == [path.name for path in STYLES]
    assert listed[0] == TOKENS


def test_every_token_that_is_used_is_declared() -> None:
    every = "\n".join(path.read_text() for path in STYLES)
    declared = set(re.findall(r"(--[\w-]+)\s*:", every))
    assert set(re.findall(r"var\((--[\w-]+)", every)) <= declared


def test_every_class_of_a_template_has_a_style_or_is_known() -> None:
    styled = set(re.findall(r"\.([a-z][\w-]*)", "\n".join(path.read_text() for path in STYLES)))
    text = "\n".join(re.sub(r"{%.*?%}|{{.*?}}", " ", path.read_text()) for path in TEMPLATES)
    used = {word for found in re.findall(r'class="([^"]*)"', text) for word in found.split()}
    partial = {word for word in used if word.endswith("-")}
    assert used - partial - styled - CHOSEN_BY_DATA == set()


def test_pages_send_the_policy_that_forbids_inline_code(owner: Client, scan: Scan) -> None:
    for address in ("/", reverse("finding", args=[a_finding(scan).pk]), reverse("sign_in")):
        policy = owner.get(address)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_scripts_carry_the_nonce_of_the_page(owner: Client, scan: Scan) -> None:
    response = owner.get("/")
    nonce = re.search(r"'nonce-([^']+)'", response["Content-Security-Policy"])
    assert nonce is not None
    scripts = re.findall(r"<script[^>]*>", response.content.decode())
    assert scripts
    assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
