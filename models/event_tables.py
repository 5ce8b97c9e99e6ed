"""The tables of the event database. Only ``actors.event_log`` uses them."""

from typing import Any, ClassVar

from sqlmodel import Column, Field, Index, SQLModel, Text

# A column that an older database lacks is added with its default; what has none cannot be made up.
EMPTY: dict[str, Any] = {"server_default": ""}


class EventRow(SQLModel, table=True):
    """One event. The row's number is the event id: issued once, for ever. JSON where the document shows objects."""

    __tablename__: ClassVar[Any] = "event"
    __table_args__ = (
        # Both cover their queries: the newest of a time span, and counts and buckets of each type.
        Index("event_by_time", "system", "timestamp"),
        Index("event_by_type", "type", "timestamp"),
    )

    id: int = Field(primary_key=True)
    uid: str = Field(unique=True)
    type: str
    system: bool  # the server's own history
    timestamp: int  # Unix ms
    confidence: int | None = None
    details: str = Field(sa_column=Column(Text, nullable=False, server_default="{}"))
    camera_id: str = Field("", sa_column_kwargs=EMPTY)
    resolution: str = Field("", sa_column_kwargs=EMPTY)
    frame_rate: int | None = None
    light_level: int | None = None
    motion_zones: str = Field("", sa_column_kwargs=EMPTY)
    thumbnail_path: str = Field("", sa_column_kwargs=EMPTY)  # relative to the data directory
    notes: str = Field(sa_column=Column("metadata", Text, nullable=False, server_default="{}"))
    clip: str = Field("", sa_column_kwargs=EMPTY)  # id of its clip; "expired" after that is gone


class ClipRow(SQLModel, table=True):
    """One finished clip. JSON where there are several values."""

    __tablename__: ClassVar[Any] = "clip"
    __table_args__ = (Index("clip_by_time", "kind", "start"),)

    id: str = Field(primary_key=True)
    kind: str
    start: int  # Unix ms
    duration_ms: int
    run_up_ms: int
    moment: int
    types: str = Field(sa_column=Column(Text, nullable=False, server_default="[]"))
    events: str = Field(sa_column=Column(Text, nullable=False, server_default="[]"))
    bytes: int
    width: int
    height: int
    codec: str
    sound: bool
    path: str
    written: int = 0
    head: int = 0
    parts: str = Field(sa_column=Column(Text, nullable=False, server_default="[]"))
    keep: bool = False


class Counter(SQLModel, table=True):
    """Numbers that only rise: ``event_id``, the last one issued."""

    name: str = Field(primary_key=True)
    value: int


class Receipt(SQLModel, table=True):
    """Ids issued for events without a row (history off, or cleared), so that asking again gives the same answer."""

    uid: str = Field(primary_key=True)
    event_id: int = Field(index=True)
