-- What `make APP=sqlite run` does: tables, a join, a window, JSON, a transaction taken back.
create table boats (id integer primary key, name text not null unique, crew integer check (crew >= 0));
create table trips (boat integer references boats, day text, miles real);
insert into boats (name, crew) values ('Curlew', 2), ('Dipper', 1), ('Heron', 4);
insert into trips select 1 + n % 3, date('2026-01-01', n || ' days'), n * 1.5
	from (with recursive c (n) as (values (0) union all select n + 1 from c where n < 29) select n from c);
select name, count(*) as trips, sum(miles) as miles from boats join trips on boat = boats.id group by name order by name;
select day, miles, sum(miles) over (order by day) as so_far from trips where boat = 3 limit 3;
select json_group_array(name) from boats where crew > 1;
begin;
delete from trips;
rollback;
select count(*) || ' trips are still there, SQLite ' || sqlite_version() from trips;
