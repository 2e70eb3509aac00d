/// A made-up film as it stands in the list.
struct FilmRecord {
    let identifier: String
    let title: String
    let minutes: Int
    let year: Int
    let genre: String

    init(_ identifier: String, _ title: String, _ minutes: Int, _ year: Int, _ genre: String) {
        self.identifier = identifier
        self.title = title
        self.minutes = minutes
        self.year = year
        self.genre = genre
    }

    /// The cinema's programme, the most popular first. Identifiers stay the same from one demo to the next.
    static let all: [FilmRecord] = [
        FilmRecord("940eee3c-ba6f-475c-ae84-496e7857dd86", "The Last Lighthouse", 118, 2023, "drama"),
        FilmRecord("b938451e-e325-4aa6-b340-6bc44dc2a627", "Salt and Copper", 104, 2021, "drama"),
        FilmRecord("c2354e2b-b774-4a63-81d8-fac168fb90d7", "Night Tram to Orel", 97, 2019, "thriller"),
        FilmRecord("a2da95a8-3ec3-4dd6-887e-840043e58844", "A Winter for Two", 109, 2022, "romance"),
        FilmRecord("5aab0a37-7f90-4de7-bc38-d756d0055979", "The Cartographer's Daughter", 132, 2020, "adventure"),
        FilmRecord("9d9b532a-ba4e-4c36-86ff-0de26a769806", "Paper Satellites", 121, 2024, "science fiction"),
        FilmRecord("8b389064-4f3d-4e7b-b7d7-2e4af6978770", "Eleven Minutes Past", 94, 2018, "thriller"),
        FilmRecord("131db618-84f4-4b4b-948a-84a5b43d4318", "The Beekeeper's War", 141, 2017, "war"),
        FilmRecord("ddfa7fa4-ffe9-4c11-863d-5f77bb3a6a06", "Quiet Engines", 127, 2023, "science fiction"),
        FilmRecord("ba49c19f-c0a9-48be-b070-e38434d57084", "Grandmother Was a Spy", 101, 2022, "comedy"),
        FilmRecord("d4dd79d3-b583-4f4c-acb7-36d877f1caf0", "Blue Hour", 88, 2016, "drama"),
        FilmRecord("88177abd-25fb-4b1b-a70b-967adf354788", "The Ninth Wave", 149, 2021, "adventure"),
        FilmRecord("faaced22-6972-4683-9e11-ee00366dadc0", "Small Change", 92, 2015, "comedy"),
        FilmRecord("a0f09780-5975-48cb-854b-e01c0ef8e010", "Kolyma Road", 156, 2014, "drama"),
        FilmRecord("b9ae5c8f-1fca-4da2-b744-001a6aa45fe0", "Under the Glass Roof", 113, 2020, "mystery"),
        FilmRecord("53bdf64d-c347-47c4-a393-446abe564059", "The Understudy", 99, 2019, "drama"),
        FilmRecord("cb2d34ea-5865-4852-94b1-070f63eb18aa", "Moth and Lantern", 84, 2024, "animation"),
        FilmRecord("6a151044-6d43-4715-9352-d63f337e6853", "Concrete Summer", 106, 2022, "crime"),
        FilmRecord("e7b0dfa4-36cc-41a5-9154-05c051032369", "Fifteen Steps Down", 95, 2021, "horror"),
        FilmRecord("345986d3-3aa6-4f52-a82f-860ede282d59", "The Weight of Apples", 123, 2018, "drama"),
        FilmRecord("c30d0ea3-39a7-4f57-bffa-07750a5d5bfe", "Copper Fox", 79, 2023, "animation"),
        FilmRecord("4245dc03-dd8b-49d4-b897-181304f8c31c", "Station Zero", 138, 2024, "science fiction"),
        FilmRecord("c5bc543b-51b8-47af-8171-a4c3d80dad42", "Letters from the Dam", 116, 2016, "romance"),
        FilmRecord("b4852afb-cdeb-4fa7-91f6-8f88f5d93c67", "The Piano Tuner of Riga", 111, 2020, "drama"),
        FilmRecord("54c4c0c3-1cae-4e65-9d1a-8c836bc9e141", "No Signal", 90, 2023, "thriller"),
        FilmRecord("c7c64d55-9b50-4fbe-a719-3cf4d9f181ea", "Harvest Moon Motel", 98, 2017, "horror"),
        FilmRecord("76da03a0-febd-493a-bc6f-c1733b08c157", "Two Hundred Rivers", 170, 2013, "documentary"),
        FilmRecord("5e684f96-33fd-4cd9-a2d7-bd7f5d9f3480", "The Honest Thief of Lviv Street", 107, 2019, "crime"),
        FilmRecord("a0cb0b17-d625-418a-9871-d7697e4ba594", "Marble Dust", 119, 2015, "drama"),
        FilmRecord("9fa71a59-6324-4c73-830e-07f524329a26", "Cloud Atelier", 86, 2022, "documentary"),
        FilmRecord("b56211cc-f0a7-47c3-95e3-679f5656a72a", "The Long Intermission", 129, 2018, "comedy"),
        FilmRecord("dc79e8e8-7707-4f4d-b677-0b11ffc9492c", "Iron Orchard", 144, 2021, "war"),
        FilmRecord("c48ff480-b212-4b13-af1f-7fa62b790602", "What the River Kept", 112, 2024, "mystery"),
        FilmRecord("ecad86a1-54f1-4974-a1cb-664adc769927", "Seven Doors Café", 93, 2020, "comedy"),
        FilmRecord("10c1525a-afc3-434b-94bd-ca5e34f81895", "The Astronomer's Wife", 125, 2017, "drama"),
        FilmRecord("2c7a15be-d7f3-4ceb-b0ed-eb0c1915ec28", "Black Ice Ballet", 103, 2023, "sport"),
        FilmRecord("7029d03d-2691-449c-a65d-dc49011ae8e6", "Parallel Kitchens", 82, 2021, "comedy"),
        FilmRecord("3a81ea0b-59ac-4f53-bc55-de74b42eddd2", "The Empty Quarter", 180, 2012, "adventure"),
        FilmRecord("48c3fd37-cd92-41ff-b215-e84814d92cf9", "Red Tin Roof", 70, 2019, "family"),
        FilmRecord("9a094dea-760e-41c3-b1ee-4a0a3d41c6df", "Midnight at the Aquarium", 100, 2024, "family"),
    ]
}
