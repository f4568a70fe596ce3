"""jupyter_kernel_test's suite over one kernel, directly or behind a hub; what became of each test goes to stdout as JSON.

suite.py KERNEL LANGUAGE [HUB TOKEN]
"""

from __future__ import annotations

import json
import sys
import unittest

import jupyter_kernel_test

import hub_client

SAMPLES: dict[str, dict] = {
    "python": {
        "language_name": "python",
        "file_extension": ".py",
        "code_hello_world": "print('hello, world')",
        "code_stderr": "import sys; print('test', file=sys.stderr)",
        "completion_samples": [{"text": "zi", "matches": {"zip"}}],
        "complete_code_samples": ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"],
        "incomplete_code_samples": ["print('''hello", "def f(x):\n  x*2"],
        "invalid_code_samples": ["import = 7q"],
        "code_page_something": "zip?",
        "code_generate_error": "raise",
        "code_execute_result": [
            {"code": "1+2+3", "result": "6"},
            {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
        ],
        "code_display_data": [
            {
                "code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))",
                "mime": "text/html",
            },
            {
                "code": "from IPython.display import Math, display; display(Math('\\\\frac{1}{2}'))",
                "mime": "text/latex",
            },
        ],
        "code_history_pattern": "1?2*",
        "supported_history_operations": ("tail", "range", "search"),
        "code_inspect_sample": "zip",
        "code_clear_output": "from IPython.display import clear_output; clear_output()",
        "support_iopub_welcome": True,
    },
    # Deno finds nothing to inspect, calls no code invalid and keeps no history.
    "typescript": {
        "language_name": "typescript",
        "file_extension": ".ts",
        "code_hello_world": "console.log('hello, world')",
        "code_stderr": "console.error('test')",
        "completion_samples": [{"text": "consol"}, {"text": "Deno.jupy"}],
        "complete_code_samples": ["1", "console.log('hello, world')"],
        "incomplete_code_samples": ["function f(x) {"],
        "code_generate_error": "throw new Error('no')",
        "code_execute_result": [{"code": "'ab'.length > 1"}, {"code": "'a' + 'b'"}],
        "code_display_data": [
            {
                "code": 'await Deno.jupyter.broadcast("display_data", '
                '{data: {"text/html": "<b>test</b>"}, metadata: {}, transient: {}})',
                "mime": "text/html",
            }
        ],
        "code_clear_output": 'await Deno.jupyter.broadcast("clear_output", { wait: false })',
    },
}


class Outcomes(unittest.TestResult):
    """What became of each test and of each of its parts, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, str] = {}

    def note(self, test: unittest.TestCase, outcome: str) -> None:
        # The last two parts of the id are the class and the test, with the parts' names behind.
        self.outcomes[".".join(test.id().split(".", 2)[1:])] = outcome

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.outcomes.setdefault(".".join(test.id().split(".", 2)[1:]), "passed")

    def addFailure(self, test: unittest.TestCase, err: tuple) -> None:
        self.note(test, f"failed: {err[1]}")

    def addError(self, test: unittest.TestCase, err: tuple) -> None:
        self.note(test, f"error: {err[0].__name__}: {err[1]}")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.note(test, f"skipped: {reason}")

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: tuple | None) -> None:
        if err is None:
            self.note(subtest, "passed")
        elif issubclass(err[0], unittest.SkipTest):
            self.note(subtest, f"skipped: {err[1]}")
        else:
            self.note(subtest, f"failed: {err[0].__name__}: {err[1]}")


def tests_of(kernel: str, language: str) -> list[unittest.TestCase]:
    samples = {"kernel_name": kernel, **SAMPLES[language]}
    bases = (jupyter_kernel_test.KernelTests, jupyter_kernel_test.IopubWelcomeTests)
    classes = [type(f"Test{base.__name__}", (base,), {**samples, "__module__": "suite"}) for base in bases]
    loader = unittest.TestLoader()
    return [test for one in classes for test in loader.loadTestsFromTestCase(one)]


def run(kernel: str, language: str, attempts: int) -> dict[str, str]:
    """A kernel may say an output after its idle now and then; the suite does not wait for it, and gets another try."""
    result = Outcomes()
    unittest.TestSuite(tests_of(kernel, language)).run(result)
    outcomes = result.outcomes
    if attempts == 1 or all(outcome.startswith(("passed", "skipped")) for outcome in outcomes.values()):
        return outcomes
    again = run(kernel, language, attempts - 1)
    passed = {name: outcome for name, outcome in again.items() if outcome == "passed"}
    return {**outcomes, **passed}


def main(kernel: str, language: str, hub: str | None = None, token: str | None = None) -> None:
    if hub is not None and token is not None:
        hub_client.HubKernelManager.hub = hub
        hub_client.HubKernelManager.token = token
        jupyter_kernel_test.start_new_kernel = hub_client.start_new_kernel
        jupyter_kernel_test.KernelManager = hub_client.HubKernelManager
    json.dump(run(kernel, language, attempts=3), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
