"""grokyolo verify: which files of a run are whole."""

from __future__ import annotations

from pathlib import Path

from grokyolo.cli import options
from grokyolo.cli.output import console

DESCRIPTION = """Read every file of a run and say which are whole, and from where it can go on."""

EXAMPLES = """  grokyolo verify runs/exp1

exit codes: 0 all sound, 1 something is damaged"""


def run(run: options.Run) -> int:
    """Check, print one line a file, and say what is usable."""
    from grokyolo.run.verify import Health, verify

    report = verify(Path(run))
    out = console()
    width = max(len(finding.file) for finding in report.findings)
    for finding in report.findings:
        style = {Health.SOUND: "green", Health.DAMAGED: "bold red"}.get(finding.health, "yellow")
        out.print(f"[{style}]{finding.health.value:8}[/] {finding.file:{width}}  ", end="")
        out.print(finding.detail, markup=False, soft_wrap=True)
    if report.owner:
        out.print(f"trained now by {report.owner}", markup=False)
    elif report.resumes_at is None:
        out.print("no sound state that the log supports: the run cannot go on", markup=False)
    else:
        out.print(f"usable: a resume would go on with epoch {report.resumes_at}", markup=False)
    return 1 if any(finding.health is Health.DAMAGED for finding in report.findings) else 0
