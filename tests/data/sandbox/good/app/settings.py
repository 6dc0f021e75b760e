"""Settings, from the environment."""

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What can be set from outside."""

    database_url: str = "sqlite:///shelf.db"
    longest_loan_days: int = 28


settings = Settings()
