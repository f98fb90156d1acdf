"""Prints what Airflow reads from a DAG folder, as JSON. Run as a process of its own: Airflow takes over the logging and
the warnings of whoever imports it."""

import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

HEAVY = {"duckdb", "pandas", "pyarrow", "numpy", "lightgbm"}


def main(folder: str, first: str, last: str, *only: str) -> None:
    """Of all DAGs, or of those named."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    from arrears.errors import ArrearsError, SourceError

    before = HEAVY & set(sys.modules)
    seconds: dict[str, float] = {}

    class Timed(DagBag):
        """Times each file by the processor: by the clock it would be judged for what else the machine does."""

        def process_file(self, filepath: str, *arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            found = super().process_file(filepath, *arguments, **options)  # type: ignore[no-untyped-call]
            seconds[Path(filepath).name] = time.process_time() - began
            return found

    bag = Timed(dag_folder=folder)
    loaded = sorted(HEAVY & set(sys.modules) - before)
    dags = {}
    read: dict[str, Any] = {name: dag for name, dag in bag.dags.items() if not only or name in only}
    errors: list[Any] = [*ArrearsError.__subclasses__(), *SourceError.__subclasses__(), ConnectionError]
    for dag_id, dag in read.items():
        timetable = coerce_to_core_timetable(dag.timetable)
        window = TimeRestriction(instance(datetime.fromisoformat(first)), instance(datetime.fromisoformat(last)), True)
        ends, interval = [], None
        while found := timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=window):
            interval = found.data_interval
            ends.append(found.run_after.isoformat())
        on_error = {}
        for error in errors:
            decisions = [
                task.retry_policy.evaluate(error.__new__(error), 1, 2) for task in dag.tasks if task.retry_policy
            ]
            on_error[error.__name__] = sorted({decision.action.value for decision in decisions})
        tasks = dag.topological_sort()
        dags[dag_id] = {
            "tasks": [
                {"id": task.task_id, "pool": task.pool, "next": sorted(task.downstream_task_ids)} for task in tasks
            ],
            "on_error": on_error,
            "retries": sorted({task.retries for task in dag.tasks}),
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "paused": dag.is_paused_upon_creation,
            "run_types": sorted(each.value for each in dag.allowed_run_types or ()),
            "doc": dag.doc_md,
            "params": dag.params.dump(),
            "ends": ends,
        }
    sys.stdout.write(
        "\n" + json.dumps({"errors": bag.import_errors, "seconds": seconds, "heavy": loaded, "dags": dags})
    )


main(*sys.argv[1:])
