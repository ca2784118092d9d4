"""What makes a page of JupyterLab hard to read: pale texts, figures without contrast or cut off, what is wider than the page."""

import base64
import io
import re
from typing import Any

import numpy as np
from PIL import Image

TEXT, FIGURE = 4.5, 7.0  # contrast that is asked of a text (WCAG 2.2, AA) and of a figure's letters
INK = 0.0005  # of a figure's pixels have the colour of its letters, at least
IMAGE = re.compile(r'base64,([^"]+)"')
# Contrast as WCAG 2.2 defines it: (L1 + 0.05) / (L2 + 0.05) of the relative luminances.
CONTRASTS = """selector => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number)
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
    const behind = node => {
        for (; node; node = node.parentElement) {
            const colour = rgb(getComputedStyle(node).backgroundColor)
            if (colour.length < 4 || colour[3] > 0) return colour
        }
        return [255, 255, 255]
    }
    const texts = [...document.querySelectorAll(selector + ' *')].filter(node => node.checkVisibility() &&
        [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
    return texts.map(node => {
        const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x)
        return [node.textContent.trim().slice(0, 40), (a + .05) / (b + .05)]
    })
}"""
# A table of data may be wider where it lies in a box of its own that scrolls.
TOO_WIDE = """selector => [...document.querySelectorAll(selector)].flatMap(output => {
    const right = output.closest('.jp-Cell').getBoundingClientRect().right
    const boxed = node => node !== output && (getComputedStyle(node).overflowX === 'auto' || boxed(node.parentElement))
    return [output, ...output.querySelectorAll('table, img, pre, input, select, textarea, section')].filter(node =>
        node.checkVisibility() && !boxed(node) && (node.getBoundingClientRect().right > right + 2 ||
        node.scrollWidth > node.clientWidth + 2 && ['block', 'flex', 'table'].includes(getComputedStyle(node).display))
    ).map(node => node.outerHTML.slice(0, 160))
})"""
NAMELESS = """selector => [...document.querySelectorAll(selector)].flatMap(output =>
    [...output.querySelectorAll('input, textarea, select, button, .noUi-handle')].filter(node =>
        !node.labels?.length && !node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby')
        && !node.textContent.trim() && !node.closest('.lm-Widget')?.querySelector('label')?.textContent.trim()
    ).map(node => node.outerHTML.slice(0, 160)))"""
# The number or text of a field must have room in it.
SQUEEZED = """selector => [...document.querySelectorAll(selector)].flatMap(output =>
    [...output.querySelectorAll('input[type=number], input[type=text]')].filter(node => node.scrollWidth > node.clientWidth + 1
        || node.clientWidth < 40).map(node => node.outerHTML.slice(0, 160)))"""
# Of each cell's code: its beginning, and the pixels by which it is wider than its cell.
CODE = """() => [...document.querySelectorAll('.jp-CodeCell .cm-scroller')].filter(node => node.clientWidth).map(
    node => [node.textContent.slice(0, 80), node.scrollWidth - node.clientWidth])"""
OUTPUT = ".jp-OutputArea-output"


def pale(page: Any, selector: str = OUTPUT) -> list[tuple[str, float]]:
    """Return (text, contrast to what is behind it) of all texts below a selector that have too little; there must be texts."""
    pairs = page.evaluate(CONTRASTS, selector)
    assert pairs, f"no text is seen below {selector}"
    return [(text, round(ratio, 2)) for text, ratio in pairs if ratio < TEXT]


def misfits(page: Any, selector: str = OUTPUT) -> list[str]:
    """Return what is wider than its cell, has no name for a screen reader, or no room for its value."""
    return [fault for look in (TOO_WIDE, NAMELESS, SQUEEZED) for fault in page.evaluate(look, selector)]


def clipped_code(page: Any) -> list[str]:
    """Return the code whose lines end out of sight; there must be code."""
    rows = page.evaluate(CODE)
    assert rows, "no code is seen"
    return [text for text, beyond in rows if beyond > 1]


def pixels(image: bytes) -> np.ndarray:
    """Return a PNG's pixels, shape (height, width, 3), as seen on black: what is transparent gets dark."""
    picture = Image.open(io.BytesIO(image)).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("RGB"))


def luminance(colours: np.ndarray) -> np.ndarray:
    """Return the relative luminance of colours, shape (n, 3), of 0 to 255."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast_of(seen: np.ndarray) -> float:
    """Return the largest contrast to the commonest colour, among the colours that a figure has as much of as letters take."""
    colours, counts = np.unique(seen.reshape(-1, 3), axis=0, return_counts=True)
    light = luminance(colours)
    ground, inks = light[counts.argmax()], light[counts >= INK * counts.sum()]
    return float(max((max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) for ink in inks))


def is_cut(seen: np.ndarray) -> bool:
    """Whether something is drawn up to a figure's very edge, as what was cut off there would be."""
    edge = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    return bool((edge != seen[0, 0]).any())


def figures(outputs: list[dict]) -> list[bytes]:
    """Return the images in a cell's outputs, as they are stored."""
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    return [base64.b64decode(image) for page in pages for image in IMAGE.findall(page)]
