"""The names that `time_zone` takes: those of Ruby on Rails, each with its offset in winter (FACTS 2)."""

from __future__ import annotations

TABLE = """
-11:00 American Samoa; International Date Line West; Midway Island
-10:00 Hawaii
-09:00 Alaska
-08:00 Pacific Time (US & Canada); Tijuana
-07:00 Arizona; Chihuahua; Mazatlan; Mountain Time (US & Canada)
-06:00 Central America; Central Time (US & Canada); Guadalajara; Mexico City; Monterrey; Saskatchewan
-05:00 Bogota; Eastern Time (US & Canada); Indiana (East); Lima; Quito
-04:00 Atlantic Time (Canada); Caracas; Georgetown; La Paz; Santiago
-03:30 Newfoundland
-03:00 Brasilia; Buenos Aires; Greenland; Montevideo
-02:00 Mid-Atlantic
-01:00 Azores; Cape Verde Is.
+00:00 Casablanca; Dublin; Edinburgh; Lisbon; London; Monrovia; UTC
+01:00 Amsterdam; Belgrade; Berlin; Bern; Bratislava; Brussels; Budapest; Copenhagen; Ljubljana; Madrid; Paris; Prague
+01:00 Rome; Sarajevo; Skopje; Stockholm; Vienna; Warsaw; West Central Africa; Zagreb
+02:00 Athens; Bucharest; Cairo; Harare; Helsinki; Jerusalem; Kaliningrad; Kyiv; Pretoria; Riga; Sofia; Tallinn; Vilnius
+03:00 Baghdad; Istanbul; Kuwait; Minsk; Moscow; Nairobi; Riyadh; St. Petersburg; Volgograd
+03:30 Tehran
+04:00 Abu Dhabi; Baku; Muscat; Samara; Tbilisi; Yerevan
+04:30 Kabul
+05:00 Ekaterinburg; Islamabad; Karachi; Tashkent
+05:30 Chennai; Kolkata; Mumbai; New Delhi; Sri Jayawardenepura
+05:45 Kathmandu
+06:00 Almaty; Astana; Dhaka; Urumqi
+06:30 Rangoon
+07:00 Bangkok; Hanoi; Jakarta; Krasnoyarsk; Novosibirsk
+08:00 Beijing; Chongqing; Hong Kong; Irkutsk; Kuala Lumpur; Perth; Singapore; Taipei; Ulaanbaatar
+09:00 Osaka; Sapporo; Seoul; Tokyo; Yakutsk
+09:30 Adelaide; Darwin
+10:00 Brisbane; Canberra; Guam; Hobart; Melbourne; Port Moresby; Sydney; Vladivostok
+11:00 Magadan; New Caledonia; Solomon Is.; Srednekolymsk
+12:00 Auckland; Fiji; Kamchatka; Marshall Is.; Wellington
+12:45 Chatham Is.
+13:00 Nuku'alofa; Samoa; Tokelau Is.
"""
ZONES: dict[str, str] = {name.strip(): line[:6] for line in TABLE.strip().splitlines() for name in line[7:].split(";")}
"""Name to offset."""
