"""Reading a model's mind: queries, V-probes, and how often they are right (paper §4)."""

from course_lib.probes.diagnosis import EXPLANATIONS, Sentence, read_sentences
from course_lib.probes.examination import Belief, ask, examine, matthews, score
from course_lib.probes.packing import Packed, pack
from course_lib.probes.queries import Script, bundle, naive_rows, query_ids, read_script
from course_lib.probes.store import train_or_load_probe
from course_lib.probes.tasks import TASKS, Query, Task, find_task
from course_lib.probes.trace import Trace, beliefs_along, trace, traces
from course_lib.probes.training import train_probe
from course_lib.probes.vprobe import ProbeConfig, VProbe

__all__ = [
    "EXPLANATIONS",
    "TASKS",
    "Belief",
    "Packed",
    "ProbeConfig",
    "Query",
    "Script",
    "Sentence",
    "Task",
    "Trace",
    "VProbe",
    "ask",
    "beliefs_along",
    "bundle",
    "examine",
    "find_task",
    "matthews",
    "naive_rows",
    "pack",
    "query_ids",
    "read_script",
    "read_sentences",
    "score",
    "trace",
    "traces",
    "train_or_load_probe",
    "train_probe",
]
