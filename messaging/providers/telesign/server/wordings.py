"""The descriptions Telesign gives its codes (seed; telesign.md, sections 7, 10 and 11), and which code goes where."""

from messaging.gateway.serving import Event

IN_PROGRESS, DELIVERED, FAILED, NO_CHANNEL, THROTTLED = "3001", "3000", "3003", "3006", "3204"
GAVE_UP, NOT_ENABLED, INBOUND, FORGOTTEN = "3056", "3200", "1500", "-10004"

# What may stand in `status` of a message, beside what is also the end of a channel.
WHOLE = {
    "3001": "Message in progress",
    "3002": "Delivered to Gateway",
    "3040": "Queued by gateway",
    "3000": "Delivered",
    "3005": "Message is read",
    "3004": "Message successfully sent out for delivery, however final confirmation of delivery to handset was not "
    "received",
    "3039": "Final status unknown",
}
ENDS = {
    "3003": "Delivery error",
    "3006": "None of the channels is enabled for the customer",
    "3204": "Rate limit exceeded",
}
CHANNEL = {
    "3011": "Provider account error",
    "3012": "Provider account error",
    "3030": "Temporary phone error",
    "3031": "Permanent phone error",
    "3032": "Gateway/network cannot route message",
    "3033": "Message expired before delivery",
    "3034": "SMS not supported",
    "3035": "Invalid/unsupported content",
    "3036": "Price threshold exceeded",
    "3037": "Blocked country",
    "3038": "Blocked prefix",
    "3041": "Carrier rejected - temporary problem",
    "3042": "Carrier rejected - permanent error",
    "3043": "Error on gateway - temporary error",
    "3044": "Error on gateway - permanent error",
    "3045": "Parameters problem",
    "3046": "Blocked by subscriber action or request",
    "3047": "Subscriber low on credit",
    "3048": "Roaming error",
    "3049": "Number portability error",
    "3050": "Subscriber absent",
    "3051": "Suspected spam",
    "3052": "Blocked by your request",
    "3053": "Blocked by Telesign",
    "3054": "RBM error",
    "3055": "Delivery channel not supported by the end user's device",
    "3056": "Message failed to deliver in specified fallback time",
    "3057": "Invalid source address",
    "3058": "API host not allowed",
    "3059": "Outside of the conversation window",
    "3061": "Media size exceeds the limit",
    "3062": "MMS not supported",
    "3071": "Unverified number on trial account",
    "3072": "High risk score",
    "3073": "Prepaid wallet empty",
    "3100": "Unknown channel",
    "3101": "Invalid value for parameter phone_number: {}",
    "3107": "Invalid value for parameter country_code: {}",
    "3108": "Invalid message",
    "3109": "Invalid value for parameter sender_id: {}",
    "3112": "Specified template does not exist for selected channel",
    "3114": "Invalid rich card",
    "3115": "Number not in coverage",
    "3200": "{} channel is not enabled for customer",
    "3202": "Fallback is not enabled",
    "3205": "SMS rate limit exceeded",
    "3207": "Hard cap reached",
    "3208": "Hard cap reached",
    "3209": "Not a test user",
    "3305": "Missing template specific parameters",
    "3306": "Missing message parameters for specified channel",
    "3601": "Tracking data error",
}
# The answers of section 7 and 11: HTTP status and description.
ANSWERS = {
    "3102": (400, "Invalid value for parameter message_type: {}"),
    "3103": (400, "Unsupported value for parameter external_id: {}"),
    "3104": (400, "Invalid value for parameter account_lifecycle_event: {}"),
    "3105": (400, "Invalid value for parameter originating_ip: {}"),
    "3106": (400, "Invalid value for parameter callback_url: {}"),
    "3110": (400, "Invalid request"),
    "3113": (400, "Invalid value for parameter channel: {}"),
    "3116": (400, "Payload limit size exceeded"),
    "3300": (400, "Missing parameter channels"),
    "3301": (400, "Missing parameter channel"),
    "3302": (400, "Missing parameter phone_number"),
    "3303": (400, "Missing parameter message"),
    "3304": (400, "Missing parameter message_type"),
    "3311": (400, "Invalid value for parameter reference_id"),
    "3400": (401, "Not authorized"),
    "3405": (401, "Missing required 'Authorization' header"),
    "3406": (401, "Customer ID account suspended"),
    "3408": (401, "Customer ID account not found"),
    "3409": (401, "Invalid source IP address"),
    "3410": (401, "Invalid Customer ID."),
    "3411": (401, "Invalid API Key."),
    "3412": (401, "Required 'Authorization' header is not in the correct format"),
    "3413": (401, "Not allowed host"),
    "3203": (429, "Callback URL parameter not enabled for Customer ID"),
    "3204": (429, "Rate limit exceeded"),
    "3206": (429, "Omnichannel product not enabled for Customer ID"),
    "3500": (503, "System Unavailable"),
    "-10004": (404, "ReferenceID expired."),
    # What sister products say of a Digest that does not hold; this one says 3400.
    "10000": (503, "Request could not be processed"),
    "10002": (401, "'x-ts-nonce' header value has been used recently"),
    "10003": (401, "'x-ts-nonce' header value is either too long or too short"),
    "10004": (401, "'Date' header is not within tolerable range"),
    "10005": (401, "'Date' header is not RFC822 compliant"),
    "10006": (401, "Invalid 'x-ts-auth-method' header."),
    "10007": (401, "Missing required 'Date' header"),
    "10008": (401, "Invalid Signature."),
}
# A code in the shape of other products: behind a status of its own, in a list of errors.
ELSEWHERE = "-40007"

# In no table.
UNKNOWN = "3999"
SAYS = {
    Event.SUBMITTED: "3002",
    Event.DELIVERED: "3000",
    Event.READ: "3005",
    Event.NO_REPORT: "3004",
    Event.UNKNOWN_CODE: UNKNOWN,
}
# What is wrong with the file alone: the channels behind the MMS go on without it.
MEDIA_FAILS = {Event.MEDIA_NOT_FETCHED: "3035", Event.MEDIA_TOO_BIG: "3061"}
FAILS = {
    Event.EXPIRED: "3033",
    Event.ADDRESS_NOT_FOUND: "3101",
    Event.CONTENT_REFUSED: "3035",
    Event.RECIPIENT_BLOCKED: "3052",
    Event.REJECTED: "3042",
}


def describe(code: str, value: str = "") -> str:
    """The description of a code of a message or a channel; `value` fills the dynamic ones."""
    return ({**CHANNEL, **ENDS, **WHOLE}.get(code) or "Held for review").format(value)
