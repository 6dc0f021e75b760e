"""Things and their fields, introduced in many wordings: what was said is kept, and nothing else."""

from __future__ import annotations

import pytest

from quantumlayer.offline.reading import design, read

WORDINGS = """
What is a campaign? It has a title of at most 80 characters, a goal of at least 50 euros and the day it ends_on.

What is a donation? An amount of at least 1 euro, a donor_name and an optional message, sent to POST /campaigns/{id}/donations.
=> Campaign: title goal:n ends_on:d | Donation: campaign_id:r amount:n donor_name message?
---
Traders register with a business name, an email address, what they sell (goods: food, plants or crafts) and the date their licence runs out, licence_until.
=> Trader: business_name email goods:c licence_until:d
---
First of all there are the clubs: a name and a town. Then there are the swimmers: first name, last name, date of birth and the club they swim for. Please also leave room for a remark.
=> Club: name town | Swimmer: first_name last_name date_of_birth/birth_date:d club_id:r remark?
---
**Station** `{name, street, city}`, all required strings.

**Parcel** `{code, size, weight_grams?, station_id}`, size is one of S, M, L.
=> Station: name street city | Parcel: code size:c weight_grams?:n station_id:r
---
- **Kiln** `{name, capacity}`; capacity is an integer from 1 to 60
- **Firing** `{kiln_id, day, temperature, note?}`; day is a date, temperature a number
=> Kiln: name capacity:n | Firing: kiln_id:r day:d temperature:n note?
---
`Game`: a board game we own. Send `title` and `minPlayers` (integer).

`Session`: one `Game` played at one table. Send `gameId`, `startsAt` and optionally `note`.
=> Game: title minPlayers:n | Session: gameId:r startsAt:dt note?
---
## Crates

- consist of a label, a colour and a volume in litres

## Rentals

- are made for one crate
- consist of a start date, an end date and a customer name
=> Crate: label colour volume:n | Rental: crate_id:r start_date:d end_date:d customer_name
---
There are several crate types. Each has a name, a volume in litres and a daily price. A rental is made by one customer for one crate type. It consists of the start date, the end date and a quantity. Customers have a name and an email address.
=> CrateType: name volume:n daily_price:n | Rental: customer_id:r crate_type_id:r start_date:d end_date:d quantity:n | Customer: name email
---
As a producer I want to create shows with a title, a language and an optional description.

As a producer I want to add episodes to a show, each with a number, a title and a duration in minutes.
=> Show: title language description? | Episode: show_id:r number:nt title duration:n
---
As a shop owner, I want to record bikes (brand, model, frame number), so that I know what came in.

As a mechanic, I want to open a repair for a bike with a description of the fault and an estimated price, so that the customer knows what it costs.
=> Bike: brand model frame_number:nt | Repair: bike_id:r description/fault estimated_price:n
---
| Method | Path | Body | Answer |
|---|---|---|---|
| POST | /shows | title, language, description? | 201 |
| GET | /shows | | 200, a list |
| POST | /shows/{id}/episodes | number, title, minutes | 201 |
| GET | /shows/{id}/episodes | | 200 |

`number` and `minutes` are whole numbers.
=> Show: title language description? | Episode: show_id:r number:nt title minutes:n
---
POST /trips expects a destination, a start date `starts_on` and a price per person. POST /trips/{id}/companions expects a name and a mobile number, `mobile`.
=> Trip: destination starts_on:d price_per_person/price:n | Companion: trip_id:r name mobile
---
Create a trip: `POST /trips` with body `{"destination": "Rome", "starts_on": "2025-05-01", "price": 300}` (all required). Create a companion: `POST /trips/{id}/companions` with body `{"name": "Ida", "mobile": "0170 123"}`; mobile is optional.
=> Trip: destination starts_on:d price:n | Companion: trip_id:r name mobile?
---
A trip has a destination and a departure date. Every trip has companions, kept at /trips/{id}/companions: a name and a mobile number, mobile.
=> Trip: destination departure_date:d | Companion: trip_id:r name mobile
---
We keep a list of cows. Each has a name, an ear tag and a birth date. She also has a breed: holstein or jersey. It is optional to give a remark.
=> Cow: name ear_tag:nt birth_date:d breed:c remark?
---
A show has a title and a language. It can also have a description. Episodes belong to a show. An episode has a number and a title. It lasts some minutes (`minutes`, a whole number).
=> Show: title language description? | Episode: show_id:r number:nt title minutes:n
---
A trader tells us the name of the business (business_name), the mail address (email), what is sold (goods, one of food, plants) and until when the licence is valid (licence_until, a date).
=> Trader: business_name email goods:c licence_until:d
---
You can add plants, giving a name, a species and how many days may pass between waterings (`interval_days`). You can add waterings to a plant, giving the day (`watered_on`) and the amount in ml (`amount_ml`).
=> Plant: name species interval_days:n | Watering: plant_id:r watered_on:d amount_ml:n
---
Members: first name, surname, email, joined on (date), instrument (violin, cello or flute).
Concerts: title, date, venue, ticket price.
=> Member: first_name surname email joined_on:d instrument:c | Concert: title date:d venue ticket_price:n
---
- Member – first name, surname, email
- Concert – title, date, venue, ticket price (optional)
- Attendance – which member, which concert, a remark if needed
=> Member: first_name surname email | Concert: title date:d venue ticket_price?:n | Attendance: member_id:r concert_id:r remark?
---
A shift consists of a day, a start time, an end time and the number of helpers needed (`needed`). A helper consists of nothing but a name and a phone number.
=> Shift: day:d start_time:t end_time:t needed:n | Helper: name phone_number/phone
---
An order is made up of a customer name, a delivery date and a note (optional). Order lines belong to an order; each names an article, a quantity and a unit price.
=> Order: customer_name delivery_date:d note? | OrderLine: order_id:r article quantity:n unit_price:n
---
About a dog we need to know its name, its breed, when it was born (born_on) and whether it is vaccinated. About a walk we need to know which dog, the date and how long it was in minutes (minutes).
=> Dog: name breed born_on:d vaccinated/is_vaccinated:b | Walk: dog_id:r date:d minutes:n
---
Dogs, with a name, a breed and a birthday. Walks, with a dog, a date and a length in km.
=> Dog: name breed birthday:d | Walk: dog_id:r date:d length/length_km:n
---
- A boat
  - name
  - seats (whole number, 1 to 8)
  - licence plate, optional
- A trip on a boat
  - the day
  - skipper
  - distance in km
=> Boat: name seats:n licence_plate? | Trip: boat_id:r day:d skipper distance/distance_km:n
---
Boat: name (string), seats (int), plate (string, optional)
Trip: boat_id (-> Boat), day (date), skipper (string), distance (float)
=> Boat: name seats:n plate? | Trip: boat_id:r day:d skipper distance:n
---
Dear developers, our allotment club has plots, and every plot has a number, an area in square metres and a rent per year. Tenants lease plots. A tenant is somebody with a name, a phone number and, if they have one, an email. A lease says which plot, which tenant and from which day (from_day) it runs.
=> Plot: number:nt area:n rent/yearly_rent/rent_per_year:n | Tenant: name phone_number/phone email? | Lease: plot_id:r tenant_id:r from_day:d
---
When somebody brings in a bicycle, we write down the owner's name, a phone number and the brand. Each bicycle can then get parts: a part has a name and a price.
=> Bicycle: owner_name/owner phone_number/phone brand | Part: bicycle_id:r name price:n
---
Entities: Room (name, seats, floor), Meeting (room, title, starts_at, ends_at). Seats and floor are integers.
=> Room: name seats:n floor:n | Meeting: room_id:r title starts_at:dt ends_at:dt
---
A room has the required fields name and seats and the optional field floor. seats and floor are whole numbers. A meeting has the required fields room_id, title and starts_at; notes is optional.
=> Room: name seats:n floor?:n | Meeting: room_id:r title starts_at:dt notes?
---
A bean is sent as `{"name": "Yirga", "roaster": "Hof", "roasted_on": "2025-01-02", "process": "washed"}`. `process` is `washed` or `natural`. A brew of a bean is sent as `{"bean_id": 1, "grams": 15, "water_ml": 250, "note": "sour"}`, where note is optional.
=> Bean: name roaster roasted_on:d process:c | Brew: bean_id:r grams:n water_ml:n note?
---
A parcel knows its code, the size it has (S, M or L), the locker it lies in and the day it was handed_in_on. A locker knows its number and the street where it stands.
=> Parcel: code size:c locker_id/locker:r handed_in_on:d | Locker: number:nt street
---
Runners sign up with an email address and a password. A runner can have one open campaign at a time. A campaign has a title, a goal of at least 50 euros and the day it ends_on.
=> Campaign: title goal:n ends_on:d
---
A piece has a title and a clay type. A firing has a day and a temperature. A piece is put into a firing with POST /pieces/{id}/load with {"firing_id": 4}.
=> Piece: title clay_type | Firing: day:d temperature:n
---
A station has a name and a city, for example "Central" in Bern. A parcel has a code such as AB-123 and a weight_grams, say 500, and belongs to a station.
=> Station: name city | Parcel: code weight_grams:n station_id:r
---
The café has tables. A table has a number and seats (how many people can sit there). A reservation is for one table, on one day, at a time, under a name and for a number of guests (guests).
=> Table: number:nt seats:n | Reservation: table_id:r day:d time:t name guests:n
---
Every vehicle must have a plate and a model, and may have a colour. Every refuelling must name the vehicle, the litres, the price paid and the day.
=> Vehicle: plate model colour? | Refuelling: vehicle_id:r litres:n price_paid/price:n day:d
---
A hive comes with a name, a location and the colour of its queen (white, yellow, red). Inspections come with the hive, the date, the number of frames (frames) and free notes.
=> Hive: name location colour/queen_colour:c | Inspection: hive_id:r date:d frames:n notes
---
When creating a hive, name and location are required. When creating an inspection, hive_id, inspected_on (date) and frames (integer) are required, notes is optional.
=> Hive: name location | Inspection: hive_id:r inspected_on:d frames:n notes?
---
hive = name + location + queen_colour(white|yellow|red)
inspection = hive_id + inspected_on(date) + frames(int) + notes?
=> Hive: name location queen_colour:c | Inspection: hive_id:r inspected_on:d frames:n notes?
---
A hive has:
- a name
- a location
- a queen colour: white, yellow or red

An inspection of a hive has:
- the date
- the number of frames, `frames`
- notes, if any
=> Hive: name location queen_colour:c | Inspection: hive_id:r date:d frames:n notes?
---
Athletes are entered by the coach. We need their first name, last name and year of birth. Results belong to an athlete: discipline, time in seconds and the date.
=> Athlete: first_name last_name year_of_birth/birth_year:n | Result: athlete_id:r discipline time:n date:d
---
Customers leave a name and an email address. An appointment is for a customer. It is on a date at a time, takes a number of minutes (minutes) and costs a price.
=> Customer: name email | Appointment: customer_id:r date:d time:t minutes:n price:n
---
For each tree its species, its height in metres and the year it was planted are recorded. For each pruning the tree, the day and the name of the gardener are recorded.
=> Tree: species height/height_metres/height_m:n year/year_planted/planted_year:n | Pruning: tree_id:r day:d gardener/gardener_name/name
---
Of every tree the species, the height in metres and the planting year are kept. Prunings are stored with the tree, the day and the gardener.
=> Tree: species height:n planting_year:n | Pruning: tree_id:r day:d gardener
---
Given a volunteer with a name and a phone number
When I create a shift with a title, a day and the number of volunteers needed (`slots`)
Then it appears in the list of shifts
=> Volunteer: name phone_number/phone | Shift: title day:d slots:n
---
Besides its title and its price, a course has a level (beginner or advanced) and a start date. A lesson is one evening of a course: it has a date and a topic.
=> Course: title price:n level:c start_date:d | Lesson: course_id:r date:d topic
---
Staff enter tools by name, category (hand or power) and purchase price. They enter loans by tool, borrower and due date.
=> Tool: name category:c purchase_price:n | Loan: tool_id:r borrower due_date:d
---
A playlist has a title; optionally a mood (calm, happy or sad); and a year. A track sits in exactly one playlist; has a title; has an artist; has a length in seconds.
=> Playlist: title mood?:c year:n | Track: playlist_id:r title artist length/length_seconds:n
---
## Station
Has a name, a street and a city.

## Parcel
Has a code and a size (S, M, L). Lies in a station. May have a note.
=> Station: name street city | Parcel: code size:c station_id:r note?
---
Think of a ticket as a subject, a body, a priority (low, normal or high, normal unless given) and the queue it is in. A queue is nothing more than a name.
=> Ticket: subject body priority?:c queue_id/queue:r | Queue: name
---
A lamp has a serial number as well as a street and an installation date. Faults are reported for a lamp, with a description and the reporter's email.
=> Lamp: serial_number:nt street installation_date:d | Fault: lamp_id:r description email/reporter_email
---
Lamps (`/lamps`): `serial` string, `street` string, `installed_on` date. Faults (`/lamps/{id}/faults`): `description` string, `severity` 1–5.
=> Lamp: serial street installed_on:d | Fault: lamp_id:r description severity:n
---
Lamp
  serial: string
  street: string
  installed_on: date

Fault
  lamp_id: integer, a lamp
  description: string
  severity: integer, 1-5
  note: string, optional
=> Lamp: serial street installed_on:d | Fault: lamp_id:r description severity:n note?
---
- Add a lamp (POST /lamps) with serial, street and installed_on
- Report a fault (POST /lamps/{id}/faults) with description and severity (1 to 5)
=> Lamp: serial:nt street installed_on:d | Fault: lamp_id:r description severity:n
---
POST /lamps {serial, street, installed_on} -> 201
POST /lamps/{id}/faults {description, severity: 1..5, note?} -> 201
GET /lamps/{id}/faults -> list
=> Lamp: serial:nt street installed_on:d | Fault: lamp_id:r description severity:n note?
---
A kennel is a place whose number, size (small or large) and price per night we keep. A stay is one dog in one kennel, with the dog's name (dog_name), the arrival date and the departure date.
=> Kennel: number:nt size:c price_per_night/price:n | Stay: kennel_id:r dog_name arrival_date:d departure_date:d
---
A cabin has a name, the number of beds (beds) and whether it has a stove (has_stove). A stay in a cabin has a guest name, an arrival day (arrives_on) and a departure day (leaves_on).
=> Cabin: name beds:n has_stove:b | Stay: cabin_id:r guest_name arrives_on:d leaves_on:d
---
Each entry in the logbook is a dive: it has a site, the depth in metres, the minutes under water (minutes) and a buddy if there was one. Sites are things of their own, with a name and a country.
=> Dive: site_id/site:r depth/depth_metres/depth_m:n minutes:n buddy? | Site: name country
---
Articles have a name. A donation brings one article: article_id, a donor, a quantity (1 or more), a best_before date.
=> Article: name | Donation: article_id:r donor quantity:n best_before:d
---
Bridges have a name. An audit concerns one bridge and is made by one engineer, whom we write down by name: bridge_id, engineer, day.
=> Bridge: name | Audit: bridge_id:r engineer day:d
---
Rooms have a name. A booking takes one room for one evening: room_id, day, the number of guests.
=> Room: name | Booking: room_id:r day:d guests:n
---
* Members, with a name, and a plan, "basic" or "premium"; basic if we leave it out.
* Classes, with a title.
* Sign-ups of a member for a class, at `/sign-ups`, with class_id and member_id.
* Ratings of a class by a member, with class_id, member_id and stars from 1 to 5.
=> Member: name plan?:c | Class: title | SignUp: class_id:r member_id:r | Rating: class_id:r member_id:r stars:n
---
We rent out boats with a name, a colour (red, dark green or blue) and a size (S or M; M if it is not given).
=> Boat: name colour:c size?:c
"""
"""A wording, and behind the arrow each thing with its fields: `name:kind`, `?` where it may be left out."""

KINDS = {
    "": {"string", "text", "email", "url"},
    "b": {"boolean"},
    "c": {"enum"},
    "d": {"date"},
    "dt": {"datetime"},
    "n": {"integer", "number", "money"},
    "nt": {"integer", "number", "money", "string"},
    "r": {"reference"},
    "t": {"time"},
}


@pytest.mark.parametrize("case", WORDINGS.strip().split("\n---\n"))
def test_what_is_introduced_is_what_is_kept(case: str) -> None:
    wording, _, said = case.rpartition("\n=> ")
    made = {each.name: each.fields for each in design(read(f"# Demo\n\n{wording}\n")).entities}
    made.pop("User", None)
    things = dict(part.split(": ") for part in said.split(" | "))
    assert made.keys() == things.keys()
    for thing, members in things.items():
        fields = {each.name: each for each in made[thing] if each.set_by == "client"}
        for member in members.split():
            names, _, kind = member.partition(":")
            optional = names.endswith("?") or kind == "b"
            name = next(each for each in names.strip("?").split("/") if each in fields)
            field = fields.pop(name)
            assert field.type in KINDS[kind], member
            assert (not field.required or field.default is not None) == optional, member
        assert not fields, thing


@pytest.mark.parametrize(
    "broken",
    ["An order has lines:", "A visit takes a", "An order has many:", "A loan is", "A fee is for"],
)
def test_a_sentence_may_break_off_anywhere(broken: str) -> None:
    made = design(read(f"# Shop\n\nAn order has a number.\n\n{broken}"))
    assert not any("failed" in each.note for each in made.coverage)
