"""The five roles of a team that turns a document into software.

Each is an `Agent` with responsibilities, instructions and a profile. Replace one by subclassing it,
or by any agent that takes and gives the same artifacts, under the same name.
"""

from quantumlayer.agents.roles._architect import Architect
from quantumlayer.agents.roles._project_manager import ProjectManager
from quantumlayer.agents.roles._writers import Developer, DevOpsEngineer, QAEngineer

__all__ = ["Architect", "DevOpsEngineer", "Developer", "ProjectManager", "QAEngineer", "team"]


def team() -> tuple[ProjectManager, Architect, Developer, QAEngineer, DevOpsEngineer]:
    """Make one of each, in the order in which they begin to work."""
    return ProjectManager(), Architect(), Developer(), QAEngineer(), DevOpsEngineer()
