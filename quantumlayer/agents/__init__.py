"""Who does the work: agents, what they are given, what they hand on."""

from quantumlayer.agents._agent import Agent
from quantumlayer.agents._artifacts import (
    Access,
    Assignment,
    Auth,
    Component,
    Conflict,
    Coverage,
    Creation,
    Decision,
    Deployment,
    Effect,
    Endpoint,
    Entity,
    FieldSpec,
    Include,
    Pagination,
    Param,
    Parent,
    Requirement,
    Requirements,
    RequirementsDocument,
    Rule,
    SourceFile,
    SourceTree,
    SystemDesign,
    TestReport,
    TestTrace,
)
from quantumlayer.agents._asking import Answer
from quantumlayer.agents._context import Context
from quantumlayer.agents._manager import AgentManager
from quantumlayer.agents._models import ModelAccess
from quantumlayer.agents._replicas import AgentStatus, Restarts
from quantumlayer.agents._tools import Tool

__all__ = [
    "Access",
    "Agent",
    "AgentManager",
    "AgentStatus",
    "Answer",
    "Assignment",
    "Auth",
    "Component",
    "Conflict",
    "Context",
    "Coverage",
    "Creation",
    "Decision",
    "Deployment",
    "Effect",
    "Endpoint",
    "Entity",
    "FieldSpec",
    "Include",
    "ModelAccess",
    "Pagination",
    "Param",
    "Parent",
    "Requirement",
    "Requirements",
    "RequirementsDocument",
    "Restarts",
    "Rule",
    "SourceFile",
    "SourceTree",
    "SystemDesign",
    "TestReport",
    "TestTrace",
    "Tool",
]
