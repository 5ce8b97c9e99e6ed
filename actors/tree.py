"""Who lives, in which order, and without whom the program cannot go on."""

from actors.runtime.spec import Child
from config.boot import Boot
from models.detect import DETECTORS

BASE, STORES, MEDIA, EDGE = range(4)  # started in this order, stopped in the reverse


def tree(boot: Boot) -> tuple[Child, ...]:
    """The children of the supervisor for one run."""
    sessions = range(boot.rtsp.session_actors)
    return (
        Child("settings", "actors.settings.actor:Settings", BASE),
        Child("license", "actors.license.actor:License", STORES),
        Child("auth", "actors.auth.actor:Auth", STORES),
        Child("event_log", "actors.event_log.actor:EventLog", STORES),
        Child("camera", "actors.camera.actor:Camera", MEDIA),
        Child("microphone", "actors.microphone.actor:Microphone", MEDIA),
        Child("encoder", "actors.encoder.actor:Encoder", MEDIA),
        Child("recorder", "actors.recorder.actor:Recorder", MEDIA),
        Child("speaker", "actors.speaker.actor:Speaker", MEDIA),
        *(Child(name, "actors.detector.actor:Detector", MEDIA) for name in DETECTORS),
        *(Child(f"rtsp_session_{n}", "actors.rtsp.session_actor:RtspSessions", MEDIA) for n in sessions),
        Child("rtsp", "actors.rtsp.manager:Rtsp", MEDIA),
        Child("mqtt", "actors.mqtt.actor:Mqtt", MEDIA),
        Child("notifier", "actors.notifier.actor:Notifier", MEDIA),
        Child("onvif", "actors.onvif.actor:Onvif", MEDIA),
        Child("mdns", "actors.mdns.actor:Mdns", MEDIA),
        Child("facade", "actors.facade.actor:Facade", EDGE),
    )
