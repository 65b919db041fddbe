"""The languages in which deployments are written and fixes are shown."""

from typing import Literal

Language = Literal["python", "cpp", "csharp", "kotlin", "swift", "javascript"]

LANGUAGE_TITLES: dict[Language, str] = {
    "python": "Python",
    "cpp": "C++",
    "csharp": "C#",
    "kotlin": "Kotlin, Java",
    "swift": "Swift",
    "javascript": "JavaScript",
}
"""What people read for each language, in the order in which fixes show them."""

LANGUAGES = tuple(LANGUAGE_TITLES)
