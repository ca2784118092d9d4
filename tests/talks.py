"""Annotated dialogues in the form of frames.jsonl.xz, written for the tests."""

from makers.pocket.recipe import matters

SERVICE, SKY = "Restaurants_1", "Weather_1"
CITIES = "Lima Oslo Quito Porto Turin Malmo".split()
PLACES = "Luigi Corner,Blue Fork,Old Mill,Green Table".split(",")


def row(turns, number=0):
    """Turns of (what is said, [(service, act, slot, value), ...]) as one row of frames.jsonl.xz."""
    text = "\n".join(f"#Person{1 + place % 2}#: {said}" for place, (said, _) in enumerate(turns))
    acts = [[place, *act] for place, (_, done) in enumerate(turns) for act in done]
    return {"set": "sgd_frames", "id": f"toy/{number}", "text": text, "acts": acts}


def search(city, place):
    """Someone looks for a restaurant and takes the one that is suggested."""
    return [
        (
            f"I would like to eat something good in {city} tonight.",
            [(SERVICE, "INFORM_INTENT", "intent", "FindRestaurants"), (SERVICE, "INFORM", "city", city)],
        ),
        (
            f"There is {place} in {city}, which is a nice restaurant.",
            [(SERVICE, "OFFER", "restaurant_name", place), (SERVICE, "OFFER", "city", city)],
        ),
    ]


def booked(city, place, how):
    """The restaurant is booked: `how` is done, changed, refused or second."""
    book = [
        (
            "That sounds good. Please book a table for two people at 7 pm.",
            [
                (SERVICE, "SELECT", "", ""),
                (SERVICE, "INFORM_INTENT", "intent", "ReserveRestaurant"),
                (SERVICE, "INFORM", "party_size", "2"),
                (SERVICE, "INFORM", "time", "7 pm"),
            ],
        ),
        (f"A table for two at {place} at 7 pm, is that right?", [(SERVICE, "CONFIRM", "time", "7 pm")]),
    ]
    if how == "changed":
        book += [
            ("No, make it 8 pm.", [(SERVICE, "NEGATE", "", ""), (SERVICE, "INFORM", "time", "8 pm")]),
            ("A table at 8 pm then?", [(SERVICE, "CONFIRM", "time", "8 pm")]),
        ]
    book.append(
        ("Yes. What is the address?", [(SERVICE, "AFFIRM", "", ""), (SERVICE, "REQUEST", "street_address", "")])
    )
    address = (SERVICE, "INFORM", "street_address", "12 Main Street")
    if how in ("refused", "second"):
        said = "It is 12 Main Street. I am sorry, that does not work. Would you like 9 pm?"
        book.append((said, [address, (SERVICE, "NOTIFY_FAILURE", "", ""), (SERVICE, "OFFER", "time", "9 pm")]))
        act = "NEGATE" if how == "refused" else "AFFIRM"
        book.append(("No, thank you." if how == "refused" else "Yes, please.", [(SERVICE, act, "", "")]))
        last = [] if how == "refused" else [(SERVICE, "NOTIFY_SUCCESS", "", "")]
        return [*book, ("Have a nice day." if how == "refused" else "Your table is booked.", last)]
    return [*book, ("Your table is booked. It is 12 Main Street.", [address, (SERVICE, "NOTIFY_SUCCESS", "", "")])]


def declined(place):
    """The restaurant is liked, but not booked."""
    return [
        ("That sounds good.", [(SERVICE, "SELECT", "", "")]),
        (f"Shall I book a table at {place}?", [(SERVICE, "OFFER_INTENT", "intent", "ReserveRestaurant")]),
        ("No, not now, thank you very much.", [(SERVICE, "NEGATE_INTENT", "", "")]),
        ("Have a nice day.", []),
    ]


def weather(city):
    """A question on the weather."""
    return [
        (
            f"What will the weather be like in {city}?",
            [(SKY, "INFORM_INTENT", "intent", "GetWeather"), (SKY, "INFORM", "city", city)],
        ),
        ("It will be about 71 degrees.", [(SKY, "OFFER", "temperature", "71")]),
        ("Thank you, that is all.", [(SKY, "SELECT", "", "")]),
        ("Goodbye and have a nice day.", []),
    ]


WAYS = ("done", "changed", "refused", "second", "declined", "weather")


def booking(number):
    """A dialogue of a kind that depends on the number."""
    city, place, how = CITIES[number % 5], PLACES[number % 4], WAYS[number % 6]
    if how == "weather":
        return row([*booked_after(city, place, "done"), *weather(CITIES[5])], number)
    return row(booked_after(city, place, how), number)


def booked_after(city, place, how):
    """Search, then what follows from it."""
    return [*search(city, place), *(declined(place) if how == "declined" else booked(city, place, how))]


def talk_of(row):
    """A row of frames.jsonl.xz as a Talk."""
    said = [line.split(": ", 1)[1] for line in row["text"].split("\n")]
    return matters.Talk(said, [tuple(act) for act in row["acts"]])
