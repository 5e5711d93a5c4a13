// A month of synthetic taxi trips with the structure of the TLC's green files and their dirt: trips of no
// distance or of 100,000 miles, meters left running for a day, pickups dated years ago, refunds, records without
// passenger data. Equal months give equal rows on every machine. It knows nothing of files.
import { cumulative, normal, pick, randomFrom } from './random.mjs';
import { buildCity, UNKNOWN_ZONES } from './sample-city.mjs';
import { TRIP_COLUMNS } from './trip-schema.mjs';

export const SAMPLE_LABEL = 'synthetic sample (invented trips, not TLC data)';
const TRIPS_PER_DAY = 2150;

/** How often each kind of dirt occurs, by row. */
const DIRT = {
  noPassengerData: 0.063,
  noDistance: 0.046,
  absurdDistance: 0.0006,
  underAMinute: 0.012,
  overAnHour: 0.006,
  aroundADay: 0.0031,
  refund: 0.0026,
  unknownZone: 0.008,
  otherMonth: 0.0002,
};

/** Trips by hour: a morning and a stronger evening peak; on weekends a late rise and a lively night. */
const HOURS_OF_WEEKDAY = cumulative(
  Array.from({ length: 24 }, (_, h) => 0.12 + bump(h, 17, 4) + 0.62 * bump(h, 10, 3.6)),
);
const HOURS_OF_WEEKEND = cumulative(
  Array.from({ length: 24 }, (_, h) => 0.2 + bump(h, 16, 4.6) + 0.32 * bump(h, 0.5, 2)),
);
const TRIPS_BY_WEEKDAY = [0.8, 0.95, 1.02, 1.03, 1.05, 1.05, 0.95];

function bump(hour, centre, width) {
  return Math.exp(-(((hour - centre) / width) ** 2));
}

/** Speed against the day's average: fast before dawn, slow in the afternoon. */
function pace(hour, isWeekend) {
  const workday =
    0.97 + 0.42 * bump(hour, 4.5, 2.6) + 0.16 * bump(hour, 23.5, 2.5) - 0.11 * bump(hour, 16, 3);
  return isWeekend ? 0.5 * workday + 0.58 : workday;
}

/**
 * @param {string} month 'YYYY-MM'
 * @param {number} [rows] default: some 65,000, as the number of days has it
 * @returns {Record<string, (number | string | null)[]>} the TLC's columns; the two stamps in seconds since 1970
 * of the local clock, as the files have it
 */
export function sampleMonth(month, rows) {
  const city = buildCity();
  const random = randomFrom(`orch sample month 1 ${month}`);
  const calendar = calendarOf(month);
  const wanted = rows ?? calendar.days * TRIPS_PER_DAY;
  const names = TRIP_COLUMNS.map(([name]) => name);
  const columns = Object.fromEntries(names.map((name) => [name, []]));
  for (let row = 0; row < wanted; row++) {
    const trip = cleanTrip(random, city, calendar);
    soil(random, calendar, trip);
    for (const name of names) columns[name].push(trip[name]);
  }
  return columns;
}

function calendarOf(month) {
  const [year, number] = month.split('-').map(Number);
  const startsAt = Date.UTC(year, number - 1, 1) / 1000;
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const weekdayOf = (day) => (new Date(startsAt * 1000).getUTCDay() + day) % 7;
  const dayTotals = cumulative(Array.from({ length: days }, (_, day) => TRIPS_BY_WEEKDAY[weekdayOf(day)]));
  return { days, startsAt, endsAt: startsAt + days * 86_400, weekdayOf, dayTotals };
}

function cleanTrip(random, city, calendar) {
  const day = pick(random, calendar.dayTotals);
  const weekday = calendar.weekdayOf(day);
  const isWeekend = weekday === 0 || weekday === 6;
  const hour = pick(random, isWeekend ? HOURS_OF_WEEKEND : HOURS_OF_WEEKDAY);
  const pickedUpAt = calendar.startsAt + day * 86_400 + hour * 3600 + Math.floor(random() * 3600);
  const from = pick(random, city.pickups);
  const to = pick(random, city.dropoffs[from]);
  // The way driven differs from the way as the map has it, the more so the shorter the trip.
  const miles = Math.max(0.1, city.miles(from, to) * Math.exp(0.16 * normal(random)) + 0.25 * normal(random));
  const zonePace = Math.sqrt(city.zones[from].pace * city.zones[to].pace);
  // Long trips find faster roads; then luck with lights and traffic, now and then a lot of it.
  const luck = normal(random) * (random() < 0.06 ? 0.5 : 0.235);
  const mph = (8.8 + 1.35 * Math.min(miles, 11)) * zonePace * pace(hour, isWeekend) * Math.exp(luck);
  const seconds = Math.max(20, Math.round((miles / mph) * 3600 + 45 + 60 * random()));
  const trip = payment(random, miles, seconds, hour, isWeekend);
  trip.lpep_pickup_datetime = pickedUpAt;
  trip.lpep_dropoff_datetime = pickedUpAt + seconds;
  trip.PULocationID = from + 1;
  trip.DOLocationID = to + 1;
  trip.trip_distance = cents(miles);
  return trip;
}

/** The meter's side of a trip: nothing that the model reads, but what a TLC file holds. */
function payment(random, miles, seconds, hour, isWeekend) {
  const byCard = random() < 0.63;
  const streetHail = random() < 0.978;
  const fare = cents(3 + 0.7 * Math.floor(Math.max(miles * 3.5, seconds / 75) + random() * 3));
  const extra = hour >= 20 || hour < 6 ? 1 : !isWeekend && hour >= 16 ? 2.5 : 0;
  const tolls = miles > 7 && random() < 0.2 ? 6.55 : 0;
  const congestion = random() < 0.26 ? 2.75 : 0;
  const tip = byCard ? cents((fare + extra) * (0.1 + 0.15 * random())) : 0;
  return {
    VendorID: random() < 0.14 ? 1 : 2,
    store_and_fwd_flag: random() < 0.005 ? 'Y' : 'N',
    RatecodeID: streetHail ? 1 : 5,
    passenger_count: pick(random, PASSENGERS),
    fare_amount: fare,
    extra,
    mta_tax: streetHail ? 0.5 : 0,
    tip_amount: tip,
    tolls_amount: tolls,
    ehail_fee: null,
    improvement_surcharge: 1,
    total_amount: cents(fare + extra + (streetHail ? 0.5 : 0) + tip + tolls + congestion + 1),
    payment_type: byCard ? 1 : 2,
    trip_type: streetHail ? 1 : 2,
    congestion_surcharge: congestion,
  };
}

const PASSENGERS = cumulative([0.005, 0.85, 0.08, 0.015, 0.006, 0.028, 0.016]);

/** What goes wrong with some records. Every kind rolls for every row, so that kinds combine as they do in life. */
function soil(random, calendar, trip) {
  const pickedUpAt = trip.lpep_pickup_datetime;
  if (random() < DIRT.noDistance) {
    trip.trip_distance = 0;
    if (random() < 0.2) trip.lpep_dropoff_datetime = pickedUpAt + Math.floor(random() * 60);
  }
  if (random() < DIRT.absurdDistance) trip.trip_distance = cents(10 ** (2 + 3.25 * random()));
  if (random() < DIRT.underAMinute) {
    trip.lpep_dropoff_datetime = pickedUpAt + Math.floor(random() * 60);
    trip.trip_distance = random() < 0.7 ? 0 : cents(0.15 * random());
  }
  if (random() < DIRT.overAnHour)
    trip.lpep_dropoff_datetime = pickedUpAt + 3600 + Math.floor(7200 * random() ** 2);
  // A meter that was never stopped is closed about a day later.
  if (random() < DIRT.aroundADay) {
    trip.lpep_dropoff_datetime = pickedUpAt + 86_400 - Math.floor(5400 * random() ** 3);
  }
  if (random() < DIRT.noPassengerData) for (const name of PASSENGER_DATA) trip[name] = null;
  if (random() < DIRT.refund) {
    for (const name of REFUNDED) trip[name] = 0 - trip[name];
    if (trip.payment_type !== null) trip.payment_type = 3;
  }
  if (random() < DIRT.unknownZone) {
    trip.DOLocationID = UNKNOWN_ZONES[random() < 0.6 ? 0 : 1];
    if (random() < 0.3) trip.PULocationID = trip.DOLocationID;
  }
  if (random() < DIRT.otherMonth) shiftPickup(random, calendar, trip);
}

const PASSENGER_DATA = [
  'store_and_fwd_flag',
  'RatecodeID',
  'passenger_count',
  'payment_type',
  'trip_type',
  'congestion_surcharge',
];
const REFUNDED = ['fare_amount', 'extra', 'mta_tax', 'improvement_surcharge', 'total_amount'];

/** A clock that was never set (New Year of 2009, give or take), or a record that belongs to a neighbouring month. */
function shiftPickup(random, calendar, trip) {
  const seconds = trip.lpep_dropoff_datetime - trip.lpep_pickup_datetime;
  const never = Date.UTC(2009, 0, 1) / 1000;
  const roll = random();
  const offset = Math.floor(random() * 80_000);
  trip.lpep_pickup_datetime =
    roll < 0.5
      ? never - 5000 + offset
      : roll < 0.8
        ? calendar.endsAt + (offset % 12_000)
        : calendar.startsAt - 1 - offset;
  trip.lpep_dropoff_datetime = trip.lpep_pickup_datetime + seconds;
}

function cents(amount) {
  return Math.round(amount * 100) / 100;
}
