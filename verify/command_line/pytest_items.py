"""Scenario files as pytest tests: one file, measured once in a process, one test per theorem."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ...numerics.configuration import InputError
from ...theory.statement import Theorem
from ...theory.theorems import catalog
from ..api import verify
from ..reporting import Case, scenario_cases, schema, theorem_case
from ..run.run import select
from ..scenarios.own_theorem import own_theorems
from ..scenarios.scenario import Scenario, load_scenario

_OWN = pytest.StashKey[tuple[Theorem, ...]]()


class ScenarioFile(pytest.File):
    """A scenario file. What it gave is kept for all tests of the file in this process.

    With xdist `claim` begins the marks by which the workers of a run share out the reports.
    """

    def __init__(self, *, claim: str | None, **given: Any) -> None:
        super().__init__(**given)
        self.claim = claim
        self.scenario: Scenario | None = None
        self._cases: Mapping[str, Case] | Exception | None = None

    def option(self, name: str) -> Any:
        """The option `--perturbproof-NAME` of this run."""
        return self.config.getoption(f"perturbproof_{name}")

    def collect(self) -> Iterator[ScenarioItem]:
        try:
            own = _own_theorems(self.config)
            self.scenario = load_scenario(self.path, self.option("seed"))
            theorems = select(self.scenario, (*catalog(), *own))
        except InputError as error:
            raise self.CollectError(f"perturbproof: {error}") from None
        for theorem in theorems:
            yield ScenarioItem.from_parent(self, name=theorem.id)

    def case(self, theorem: str) -> Case:
        """The outcome of one theorem; the file is run when it is first asked for.

        Raises:
            InputError: the data cannot be used.
        """
        if self._cases is None:
            try:
                self._cases = self._run()
            except Exception as error:  # for every test of the file, not only the first
                self._cases = error
        if isinstance(self._cases, Exception):
            raise self._cases
        return self._cases[theorem]

    def _run(self) -> dict[str, Case]:
        assert self.scenario is not None  # collect() comes first
        wanted = tuple(item.name for item in self.session.items if item.parent is self)
        strict = self.option("strict")
        result = verify(
            only(self.scenario, wanted),
            theorems=_own_theorems(self.config),
            precision=self.option("precision"),
            device=self.option("device"),
            strict=strict,
            out=self._folder(),
            command=self._command(),
        )
        (reported,) = result.report["scenarios"]
        scenario = schema.Scenario.model_validate(reported)
        if scenario.error is not None:
            failed = scenario_cases(scenario, strict)[-1]
            return dict.fromkeys(wanted, failed)
        return {
            checked.id: theorem_case(checked, self.nodeid, 0.0, strict)
            for checked in scenario.theorems
        }

    def _folder(self) -> Path | None:
        """Where the report goes; None as well where another worker writes it."""
        out = self.option("out")
        if out is None:
            return None
        inside = [part for part in Path(self.nodeid).parts if part not in ("..", os.sep)]
        name = Path(*inside).with_name(self.path.name.removesuffix(".toml"))
        mine = self.claim is None or _claimed(out, f"{self.claim}{'-'.join(name.parts)}")
        return out / name if mine else None

    def _command(self) -> str:
        """What runs the file alone, outside pytest."""
        words = ["perturbproof", "verify", os.path.relpath(self.path)]
        for path in self.option("theorem"):
            words += ["--theorem", str(path)]
        for name in ("seed", "precision"):
            if (value := self.option(name)) is not None:
                words += [f"--{name}", str(value)]
        return shlex.join(words)

    def told(self, case: Case) -> str:
        """A failure in words: what was found, both sides of everything, how to replay it."""
        return f"{case.message}\n{case.details}\nreplay: {self._command()}"


class ScenarioItem(pytest.Item):
    """One theorem on one scenario. An ERROR ends the test in its setup, as pytest's errors do."""

    def setup(self) -> None:
        try:
            case = self._case
        except InputError as error:
            raise pytest.fail.Exception(f"perturbproof: {error}", pytrace=False) from None
        self.user_properties.append(("verdict", case.kind))
        if case.result == "error":
            pytest.fail(self._file.told(case), pytrace=False)

    def runtest(self) -> None:
        case = self._case
        if case.result == "skipped":
            pytest.skip(case.message)
        if case.result == "failure":
            pytest.fail(self._file.told(case), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        # A line that is None ends the whole run where a mark skips the test.
        return self.path, 0, self.name

    @property
    def _file(self) -> ScenarioFile:
        assert isinstance(self.parent, ScenarioFile)
        return self.parent

    @property
    def _case(self) -> Case:
        return self._file.case(self.name)


def only(scenario: Scenario, theorems: tuple[str, ...]) -> Scenario:
    """The scenario with these of its theorems."""
    expect = scenario.expect
    if isinstance(expect, dict):
        expect = {id: verdict for id, verdict in expect.items() if id in theorems}
    return scenario.model_copy(update={"theorems": theorems, "expect": expect})


def _claimed(out: Path, name: str) -> bool:
    """Whether this worker is the first of its run to claim a report."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError as error:
        raise InputError(
            f"--perturbproof-out {out}: cannot be written ({error.strerror})"
        ) from None
    return True


def _own_theorems(config: pytest.Config) -> tuple[Theorem, ...]:
    if _OWN not in config.stash:
        config.stash[_OWN], _ = own_theorems(config.option.perturbproof_theorem)
    return config.stash[_OWN]
