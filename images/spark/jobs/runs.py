"""What a run has done so far, in `runs/RUN_ID/`: a repeated run goes on after the last job that ended. What a job hands
to the next is there, too."""

from . import store


class Run:
    def __init__(self, settings):
        self.id = settings.run_id
        self.store = store.of(settings.runs)

    def report(self, job):
        """What a job reported that ended; `None` if it did not."""
        return self.store.json(f"{self.id}/{job}.json")

    def finish(self, job, report):
        """A job has ended. The last thing it does: before, it counts as not begun."""
        self.store.put_json(f"{self.id}/{job}.json", report)

    def keep(self, name, content):
        self.store.put(f"{self.id}/{name}", content)

    def kept(self, name):
        content, _ = self.store.read(f"{self.id}/{name}")
        return content
