"""Why a job stops, by exit code: those of the program."""


class JobError(Exception):
    """Somebody can do something about it; the message says what."""

    exit_code = 1


class WrongSetting(JobError):
    exit_code = 2


class TooLittle(JobError):
    """There is not enough to learn from yet. No failure: the next run has more."""

    exit_code = 4


class Conflict(JobError):
    """Somebody else changed what this was about to change: run it again."""

    exit_code = 5
