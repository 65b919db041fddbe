"""Errors whose message is meant for the user."""


class UserError(Exception):
    """Something that the user can mend; the message is one sentence that says what and how."""


class UnreadableImageError(UserError):
    """An image file that cannot be decoded; the message is the reason."""
