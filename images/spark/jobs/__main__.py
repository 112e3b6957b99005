"""Runs jobs one after the other in one Spark application, and ends with the exit code of the program: 0 done, 2 wrong
settings, 4 too little to learn from, 5 somebody else changed it meanwhile, 1 anything else."""

import json
import os
import signal
import sys
import time

from . import compact_lake, daily_analytics, dataset, evaluate_and_promote, label_join, log, session, settings, train
from .errors import JobError, TooLittle
from .runs import Run

JOBS = {
    "compact_lake": compact_lake.run,
    "daily_analytics": daily_analytics.run,
    "dataset": dataset.run,
    "evaluate_and_promote": evaluate_and_promote.run,
    "label_join": label_join.run,
    "train": train.run,
}


def main(arguments):
    logger = log.begin(os.environ.get("JOB_LOG_LEVEL", "INFO"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        jobs, wanted = settings.read(JOBS, arguments)
        run(logger, jobs, wanted)
    except JobError as error:
        level = logger.warning if isinstance(error, TooLittle) else logger.error
        level("%s", error)
        return error.exit_code
    return 0


def run(logger, jobs, wanted):
    work = Run(wanted)
    left = [job for job in jobs if work.report(job) is None]
    for job in jobs:
        if job not in left:
            logger.info("%s ended in an earlier attempt", job)
    if not left:
        return
    spark = session.session(" ".join(left))
    try:
        for job in left:
            began = time.monotonic()
            spark.sparkContext.setJobDescription(job)
            logger.info("%s begins", job)
            report = JOBS[job](spark, wanted)
            work.finish(job, report)
            seconds = round(time.monotonic() - began, 1)
            logger.info("%s ended after %s s", job, seconds, extra={"fields": {"job": job, "seconds": seconds}})
        # Who follows the run finds its outcome in the last line.
        logger.info("done", extra={"fields": {"run": wanted.run_id, "report": json.dumps(report)[:4000]}})
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
