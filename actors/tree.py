"""Who lives, in which order, and without whom the program cannot go on."""

from actors.runtime.child_spec import ChildSpec
from config.boot import Boot
from models.detect import DETECTORS

BASE, STORES, MEDIA, EDGE = range(4)  # started in this order, stopped in the reverse


def tree(boot: Boot) -> tuple[ChildSpec, ...]:
    """The children of the supervisor for one run."""
    sessions = range(boot.rtsp.session_actors)
    return (
        ChildSpec("settings", "actors.settings.actor:Settings", BASE),
        ChildSpec("license", "actors.license.actor:License", STORES),
        ChildSpec("auth", "actors.auth.actor:Auth", STORES),
        ChildSpec("event_log", "actors.event_log.actor:EventLog", STORES),
        ChildSpec("camera", "actors.camera.actor:Camera", MEDIA),
        ChildSpec("microphone", "actors.microphone.actor:Microphone", MEDIA),
        ChildSpec("encoder", "actors.encoder.actor:Encoder", MEDIA),
        ChildSpec("recorder", "actors.recorder.actor:Recorder", MEDIA),
        ChildSpec("speaker", "actors.speaker.actor:Speaker", MEDIA),
        *(ChildSpec(name, "actors.detector.actor:Detector", MEDIA) for name in DETECTORS),
        *(ChildSpec(f"rtsp_session_{n}", "actors.rtsp.session_actor:RtspSessions", MEDIA) for n in sessions),
        ChildSpec("rtsp", "actors.rtsp.manager:Rtsp", MEDIA),
        ChildSpec("mqtt", "actors.mqtt.actor:Mqtt", MEDIA),
        ChildSpec("notifier", "actors.notifier.actor:Notifier", MEDIA),
        ChildSpec("onvif", "actors.onvif.actor:Onvif", MEDIA),
        ChildSpec("mdns", "actors.mdns.actor:Mdns", MEDIA),
        ChildSpec("facade", "actors.facade.actor:Facade", EDGE),
    )
